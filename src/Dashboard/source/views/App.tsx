import { useEffect } from "preact/hooks";
import { connection, live, stopLive } from "../state/live";
import { announce, announcement, complain } from "../state/announcement";
import { catalog } from "../state/catalog";
import { today, zone } from "../state/clock";
import { useObservable } from "../state/observable";
import { openSession } from "../state/opening";
import { route } from "../state/route";
import { forgetToken, session } from "../state/session";
import { theme, toggleTheme } from "../state/theme";
import { t, toggleLanguage, useLanguage, type Word } from "../i18n/language";
import { Heading } from "../parts/Heading";
import { Link } from "../parts/Link";
import { Audit } from "./Audit";
import { Cluster } from "./Cluster";
import { DeadLetters } from "./DeadLetters";
import { Funnel } from "./Funnel";
import { LedTo } from "./LedTo";
import { Login } from "./Login";
import { Nodes } from "./Nodes";
import { Overview } from "./Overview";
import { Retention } from "./Retention";
import { Settings } from "./Settings";
import { Streams } from "./Streams";
import { Tail } from "./Tail";
import { Topic } from "./Topic";
import { Topics } from "./Topics";
import { Trace } from "./Trace";

const VIEWS: [string, Word][] = [
    ["/", "nav.overview"],
    ["/topics", "nav.topics"],
    ["/trace", "nav.trace"],
    ["/retention", "nav.retention"],
    ["/funnel", "nav.funnel"],
    ["/tail", "nav.tail"],
    ["/streams", "nav.streams"],
    ["/cluster", "nav.cluster"],
    ["/nodes", "nav.nodes"],
    ["/dead-letters", "nav.dead"],
    ["/settings", "nav.settings"],
    ["/audit", "nav.audit"],
];

export function App() {
    useLanguage();
    const who = useObservable(session);
    const here = useObservable(route);
    useEffect(() => {
        open();
        return live.subscribe((now) => {
            if (now !== null && now.today !== today.value) {
                today.set(now.today);
            }
        });
    }, []);
    return (
        <>
            <a class="skip" href="#main">
                {t("skip")}
            </a>
            <header>
                <span class="brand">{t("title")}</span>
                {who.state === "open" && (
                    <nav aria-label={t("nav")}>
                        {VIEWS.map(([path, word]) => (
                            <Link key={path} href={path} current={path === here.path || (path === "/topics" && (here.path === "/topic" || here.path === "/led-to"))}>
                                {t(word)}
                            </Link>
                        ))}
                    </nav>
                )}
                <Tools />
            </header>
            <main id="main" tabIndex={-1}>
                <View />
            </main>
            <Announcement />
        </>
    );
}

/** Asks who looks. A node that is away is asked again until it is there. */
function open(): void {
    openSession().then(
        () => announcement.value.isError && announce(""),
        (error: unknown) => {
            if (session.value.state !== "locked") {
                connection.set("lost");
                complain(error);
                setTimeout(open, 3000);
            }
        },
    );
}

function Tools() {
    const who = useObservable(session);
    const state = useObservable(connection);
    const shade = useObservable(theme);
    const clock = useObservable(zone);
    return (
        <div class="tools">
            {who.state !== "locked" && (
                <span role="status" class={`connection ${state}`}>
                    {t(`connection.${state}`)}
                </span>
            )}
            {who.state === "open" && (
                <span class="muted clock">{t("clock", { zone: clock })}</span>
            )}
            {who.state === "open" && <span class="muted">{t(`role.${who.role}`)}</span>}
            <button onClick={toggleTheme}>{t(shade === "dark" ? "theme.toLight" : "theme.toDark")}</button>
            <button onClick={toggleLanguage} lang={t("language.other") === "English" ? "en" : "zh-CN"}>
                {t("language.other")}
            </button>
            {who.state === "open" && who.byToken && (
                <button
                    onClick={() => {
                        stopLive();
                        forgetToken();
                        session.set({ state: "locked", reason: "needed" });
                    }}
                >
                    {t("login.out")}
                </button>
            )}
        </div>
    );
}

function View() {
    const who = useObservable(session);
    const here = useObservable(route);
    const known = useObservable(catalog);
    if (who.state === "locked") {
        return <Login reason={who.reason} />;
    }

    if (who.state === "unknown" || known === null) {
        return <p class="muted">{t("loading")}</p>;
    }

    switch (here.path) {
        case "/":
            return <Overview route={here} catalog={known} />;
        case "/topics":
            return <Topics route={here} catalog={known} />;
        case "/topic":
            return <Topic route={here} catalog={known} />;
        case "/led-to":
            return <LedTo route={here} catalog={known} />;
        case "/retention":
            return <Retention route={here} catalog={known} />;
        case "/funnel":
            return <Funnel route={here} catalog={known} />;
        case "/trace":
            return <Trace route={here} catalog={known} />;
        case "/tail":
            return <Tail route={here} catalog={known} />;
        case "/streams":
            return <Streams />;
        case "/cluster":
            return <Cluster />;
        case "/nodes":
            return <Nodes />;
        case "/dead-letters":
            return <DeadLetters route={here} />;
        case "/settings":
            return <Settings />;
        case "/audit":
            return <Audit />;
        default:
            return <Heading text={t("notFound")} />;
    }
}

function Announcement() {
    const { text, isError } = useObservable(announcement);
    return (
        <footer class={`announcement ${isError ? "bad" : ""} ${text === "" ? "" : "shown"}`}>
            <span role="status">{text}</span>
            {text !== "" && <button onClick={() => announcement.set({ text: "", isError: false })}>{t("close")}</button>}
        </footer>
    );
}
