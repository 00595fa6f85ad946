import { useState } from "preact/hooks";
import { get } from "../api/client";
import type { BreakdownName, BreakdownTotals, Catalog, Page } from "../api/types";
import { breakdownNamed, valueName } from "../breakdown";
import { Breakable } from "../parts/Backfill";
import { Breakdown } from "../parts/Breakdown";
import { daysOf, DayRange } from "../parts/DayRange";
import { Heading } from "../parts/Heading";
import { MetricChoice } from "../parts/MetricChoice";
import { Trend } from "../parts/Trend";
import { Waiting } from "../parts/Waiting";
import { Why } from "../parts/Why";
import { metricName, named, t } from "../i18n/language";
import { useBackfill } from "../state/backfill";
import { useLoad } from "../state/load";
import { amend, type Route } from "../state/route";

const SPAN = 7;
const MAX_DAYS = 500;
const MAX_VALUE = 300;
const BREAKDOWNS: BreakdownName[] = ["parent", "channel", "qr-code"];

/** What a carrier page, a channel or a code led to, per page and day, and topic by topic. */
export function LedTo(props: { route: Route; catalog: Catalog }) {
    const { query } = props.route;
    const by = breakdownNamed(query.get("by"));
    const value = query.get("value");
    const { from, to } = daysOf(query, SPAN);
    const backfill = useBackfill();
    const pages = props.catalog.pages.filter((page) => page.breakdowns.includes(by));
    return (
        <>
            <Heading text={value === null ? t("ledTo.title") : t("ledTo.of", { value: valueName(value) })} />
            <p class="muted">{t("ledTo.what")}</p>
            <Subject key={`${by} ${value}`} by={by} value={value ?? ""} />
            <div class="controls">
                <DayRange from={from} to={to} />
            </div>
            {pages.length === 0 && <p>{t("ledTo.off", { by: named("breakdown", by) })}</p>}
            {value !== null && pages.map((page) => (
                <Breakable key={`${page.name} ${by} ${value}`} page={page} by={by} of={backfill}>
                    <LedToPage page={page} by={by} value={value} from={from} to={to} />
                </Breakable>
            ))}
        </>
    );
}

/** Asked for when it is sent: while it is typed it is another value. */
function Subject(props: { by: BreakdownName; value: string }) {
    const [by, setBy] = useState(props.by);
    const [text, setText] = useState(props.value);
    return (
        <form
            class="controls"
            role="search"
            onSubmit={(event) => {
                event.preventDefault();
                amend({ by: by === "parent" ? null : by, value: [text.trim()] });
            }}
        >
            <label>
                {t("breakdown")}
                <select value={by} onChange={(event) => setBy(breakdownNamed(event.currentTarget.value))}>
                    {BREAKDOWNS.map((name) => (
                        <option key={name} value={name}>
                            {named("breakdown", name)}
                        </option>
                    ))}
                </select>
            </label>
            <label class="search">
                {by === "parent" ? t("ledTo.parent") : t("ledTo.text")}
                <input type="search" maxLength={MAX_VALUE} value={text} onInput={(event) => setText(event.currentTarget.value)} />
            </label>
            <button>{t("ledTo.show")}</button>
        </form>
    );
}

function LedToPage(props: { page: Page; by: BreakdownName; value: string; from: string; to: string }) {
    const { page, by, value, from, to } = props;
    const metrics = page.metrics;
    const [wanted, setWanted] = useState(metrics[0]!.column);
    const metric = metrics.find((item) => item.column === wanted) ?? metrics[0]!;
    const days = useLoad(`${from} ${to} ${metric.column}`, (signal) =>
        get<BreakdownTotals>("/breakdown/totals", { page: page.name, by, value: [value], from, to, metrics: metric.column, per: "day", order: "desc", limit: MAX_DAYS }, signal),
    );
    const name = t("ledTo.page", { page: named("page", page.name) });
    return (
        <section aria-label={name} data-page={page.name}>
            <h2>{name}</h2>
            <div class="controls">
                <MetricChoice metrics={metrics} value={metric.column} onChoose={setWanted} />
            </div>
            <Waiting of={days} />
            <Why of={days.data?.why} />
            {days.data && (days.data.total === 0 ? (
                <p class="muted">{t("ledTo.none", { metric: metricName(metric.column) })}</p>
            ) : (
                <>
                    {days.data.total > MAX_DAYS && <p class="badge warn">{t("ledTo.days", { days: MAX_DAYS })}</p>}
                    <Trend metric={metric} from={from} to={to} days={days.data.items.map((item) => ({ day: item.day!, values: item.values }))} />
                </>
            ))}
            <Breakdown page={page} by={by} side={{ value }} from={from} to={to} />
        </section>
    );
}
