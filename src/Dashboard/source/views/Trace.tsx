import { useState } from "preact/hooks";
import { get } from "../api/client";
import type { Catalog, MetricKind, SessionEvent, SessionTimeline } from "../api/types";
import { metric as write, moment, whole } from "../format";
import { metricName, t } from "../i18n/language";
import { Csv } from "../parts/Csv";
import { Heading } from "../parts/Heading";
import { PlacePager, usePlaces } from "../parts/Pager";
import { Scroll } from "../parts/Scroll";
import { Timeline } from "../parts/Timeline";
import { Waiting } from "../parts/Waiting";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";
import { amend, type Route } from "../state/route";
import { maySeePeople, session as role } from "../state/session";

const PAGE_ROWS = 100;
const MAX_SESSION = 1000;

/** The way of a session: what its events add, drawn as a timeline with branches from parent to topic, and as a table. */
export function Trace(props: { route: Route; catalog: Catalog }) {
    const mayTrace = maySeePeople(useObservable(role));
    const session = props.route.query.get("session") ?? "";
    return (
        <>
            <Heading text={t("nav.trace")} />
            <p class="muted">{t("trace.what")}</p>
            {mayTrace ? (
                <>
                    <Search key={session} session={session} />
                    {session !== "" && <Way key={`way ${session}`} session={session} catalog={props.catalog} />}
                </>
            ) : (
                <p class="badge warn">{t("trace.role")}</p>
            )}
        </>
    );
}

/** Asked for when it is sent, not while it is typed: each question is written to the audit log. */
function Search(props: { session: string }) {
    const [text, setText] = useState(props.session);
    return (
        <form
            class="controls"
            role="search"
            onSubmit={(event) => {
                event.preventDefault();
                amend({ session: text.trim() });
            }}
        >
            <label class="search">
                {t("explain.session")}
                <input type="search" maxLength={MAX_SESSION} value={text} onInput={(event) => setText(event.currentTarget.value)} />
            </label>
            <button disabled={text.trim() === ""}>{t("trace.show")}</button>
        </form>
    );
}

function Way(props: { session: string; catalog: Catalog }) {
    const places = usePlaces();
    const after = places.after;
    const found = useLoad(after ?? "", (signal) => get<SessionTimeline>("/trace", { session: props.session, after, limit: PAGE_ROWS }, signal));
    const way = found.data;
    const kinds = new Map(props.catalog.pages.flatMap((page) => page.metrics.map((metric): [string, MetricKind] => [metric.column, metric.kind])));

    return (
        <section aria-label={t("trace.title", { session: props.session })}>
            <Waiting of={found} />
            {way && (
                <>
                    <p role="status" class={way.complete ? undefined : "badge warn"} data-complete={way.complete}>
                        {way.events === 0 ? t("trace.none") : t("trace.sum", { events: whole(way.events), shown: whole(way.items.length) })}
                        {way.trimmed > 0 && ` ${t("trace.trimmed", { count: whole(way.trimmed) })}`}
                        {way.why !== null && ` ${way.why}`}
                    </p>
                    {way.items.length > 0 && (
                        <>
                            <Timeline items={way.items} />
                            <Scroll label={t("trace.events")}>
                                <table>
                                    <thead>
                                        <tr>
                                            <th scope="col">{t("time")}</th>
                                            <th scope="col">{t("explain.stream")}</th>
                                            <th scope="col">{t("trace.topic")}</th>
                                            <th scope="col">{t("explain.parent")}</th>
                                            <th scope="col">{t("explain.channel")}</th>
                                            <th scope="col">{t("explain.code")}</th>
                                            <th scope="col">{t("explain.user")}</th>
                                            <th scope="col">{t("explain.added")}</th>
                                            <th scope="col">{t("explain.place")}</th>
                                        </tr>
                                    </thead>
                                    <tbody>
                                        {way.items.map((item) => (
                                            <Row key={placeOf(item)} item={item} kinds={kinds} />
                                        ))}
                                    </tbody>
                                </table>
                            </Scroll>
                            <PlacePager places={places} next={way.next}>
                                <Csv path="/trace.csv" query={{ session: props.session }} name="session.csv" />
                            </PlacePager>
                        </>
                    )}
                </>
            )}
        </section>
    );
}

function Row(props: { item: SessionEvent; kinds: Map<string, MetricKind> }) {
    const { event, added } = props.item;
    return (
        <tr>
            <th scope="row">{moment(event.time)}</th>
            <td>{event.stream}</td>
            <td>{`${event.type}:${event.id}`}</td>
            <td>{event.parentType || event.parentId !== null ? `${event.parentType ?? ""}:${event.parentId ?? 0}` : ""}</td>
            <td>{event.channelType}</td>
            <td>{event.qrCode}</td>
            <td>{event.userId === 0 ? "–" : event.userId}</td>
            <td>
                {Object.entries(added)
                    .map(([column, value]) => `${metricName(column)} ${write(value, props.kinds.get(column) ?? "count")}`)
                    .join(", ")}
            </td>
            <td class="muted">{placeOf(props.item)}</td>
        </tr>
    );
}

function placeOf(item: SessionEvent): string {
    return `${item.event.shard}/${item.event.sequenceNr}.${item.event.index}`;
}
