import { useState } from "preact/hooks";
import { get } from "../api/client";
import type { Catalog, LastKnown, Page, Series, Status, Totals, Values } from "../api/types";
import { BackfillNote } from "../parts/Backfill";
import { daysOf, DayRange } from "../parts/DayRange";
import { Badge } from "../parts/Badge";
import { Chart } from "../parts/Chart";
import { Heading } from "../parts/Heading";
import { Link } from "../parts/Link";
import { MetricChoice } from "../parts/MetricChoice";
import { PageChoice } from "../parts/PageChoice";
import { Trend } from "../parts/Trend";
import { Waiting } from "../parts/Waiting";
import { Why } from "../parts/Why";
import { bytes, duration, metric as write, moment, rate, timeOfDay, whole } from "../format";
import { metricName, named, t } from "../i18n/language";
import { mainMetrics, pageNamed } from "../state/catalog";
import { awayFromHistory, history, live } from "../state/live";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";
import { amend, type Route } from "../state/route";

export function Overview(props: { route: Route; catalog: Catalog }) {
    return (
        <>
            <Heading text={t("nav.overview")} />
            <Node />
            <BackfillNote />
            <Today catalog={props.catalog} />
            <LiveRates />
            <OverTime {...props} />
        </>
    );
}

/** What an operator looks at first. */
function Node() {
    const now = useObservable(live);
    const status = useLoad("status", (signal) => get<Status>("/status", {}, signal), true);
    const known = status.data;
    const fares = now?.cluster ?? now ?? known;
    const reasons = fares?.reasons ?? [];
    return (
        <section aria-labelledby="node-title">
            <h2 id="node-title" class="visually-hidden">
                {t("node")}
            </h2>
            <Waiting of={status} />
            <dl class="tiles">
                <Tile name={t("state")} value={<Badge state={fares?.state ?? "unknown"} />} note={known ? `${t("uptime")} ${duration(known.uptimeSeconds)}` : ""} />
                <Tile name={t("rates.events")} id="events-rate" value={rate(now?.rates.events)} />
                <Tile name={t("lag")} value={whole(now?.lag)} note={lastKnown(now?.lagLastKnown)} />
                <Tile name={t("parked")} value={whole(now?.parked)} />
                <Tile name={t("deadLetters")} value={<Link href="/dead-letters">{whole(now?.deadLetters)}</Link>} note={lastKnown(now?.deadLettersLastKnown)} />
                <Tile name={t("memory")} value={bytes(now?.residentBytes)} note={known ? `/ ${bytes(known.memory.budgetBytes)}` : ""} />
                {known && (
                    <>
                        <Tile name={t("broker")} value={known.broker.ok ? t("ok") : (known.broker.detail ?? "")} />
                        <Tile name={t("store")} value={known.store.ok ? t("ok") : (known.store.detail ?? "")} />
                        <Tile name={t("business")} value={known.business.ok ? t("ok") : (known.business.detail ?? "")} />
                    </>
                )}
            </dl>
            {reasons.length > 0 && (
                <div role="alert">
                    <ul class={fares?.state === "not-ready" ? "failed" : "muted"}>
                        {reasons.map((reason) => (
                            <li key={reason}>{reason}</li>
                        ))}
                    </ul>
                </div>
            )}
        </section>
    );
}

/** What nobody knows now is not 0: what it was, and when, stands beside it. */
function lastKnown(of: LastKnown | null | undefined): string {
    return of ? t("lastKnown", { value: whole(of.value), time: moment(of.at) }) : "";
}

function Tile(props: { name: string; value: preact.ComponentChildren; note?: string; id?: string }) {
    return (
        <div class="tile">
            <dt>{props.name}</dt>
            <dd id={props.id}>
                {props.value} {props.note && <small>{props.note}</small>}
            </dd>
        </div>
    );
}

function Today(props: { catalog: Catalog }) {
    const now = useObservable(live);
    const totals = useLoad("today", (signal) => get<Totals>("/totals", {}, signal), true);
    const day = now?.today ?? totals.data?.to ?? "";
    return (
        <section aria-labelledby="today-title">
            <h2 id="today-title">{t("today.totals", { day })}</h2>
            <Waiting of={totals} />
            {totals.data &&
                [...props.catalog.pages].reverse().map((page) => {
                    const found = totals.data!.pages.find((item) => item.page === page.name);
                    return <PageTotals key={page.name} page={page} topics={found?.topics ?? 0} values={{ ...found?.values, ...now?.todayTotals?.[page.name] }} why={now?.todayWhy ? now.todayWhy[page.name] : found?.why} />;
                })}
        </section>
    );
}

function PageTotals(props: { page: Page; topics: number; values: Values; why: string | null | undefined }) {
    const [isAll, setIsAll] = useState(false);
    const all = props.page.metrics;
    const main = mainMetrics(props.page);
    const shown = isAll ? all : main;
    return (
        <div class="totals" data-page={props.page.name}>
            <div class="heading">
                <h3>{named("page", props.page.name)}</h3>
                <span class="muted">{t("today.topics", { count: whole(props.topics) })}</span>
                {main.length < all.length && (
                    <button aria-expanded={isAll} onClick={() => setIsAll(!isAll)}>
                        {isAll ? t("fewer") : t("more")}
                    </button>
                )}
            </div>
            <Why of={props.why} />
            <dl class="tiles">
                {shown.map((metric) => (
                    <div class="tile" key={metric.column} data-metric={metric.column}>
                        <dt title={metric.column}>{metricName(metric.column)}</dt>
                        <dd>{write(metric.kind === "distinct" ? props.values[metric.column] : (props.values[metric.column] ?? 0), metric.kind)}</dd>
                    </div>
                ))}
            </dl>
        </div>
    );
}

function LiveRates() {
    const points = useObservable(history);
    const away = useObservable(awayFromHistory);
    const lines = (["events", "duplicates", "deadLetters"] as const).map((name, i) => ({
        name: t(`rates.${name}`),
        colour: ["accent", "second", "third"][i]!,
        values: points.map((point) => point[name]),
    }));
    return (
        <section aria-labelledby="rates-title">
            <h2 id="rates-title">{t("rates.title")}</h2>
            {Object.entries(away).map(([node, why]) => (
                <p key={node} class="why">
                    {t("rates.away", { node, why })}
                </p>
            ))}
            <Chart
                caption={t("rates.chart")}
                at={points.map((point) => point.at)}
                lines={lines}
                moment={(seconds) => timeOfDay(seconds * 1000)}
                mark={(seconds) => timeOfDay(seconds * 1000)}
                value={(line, place) => rate(lines[line]!.values[place])}
            />
        </section>
    );
}

function OverTime(props: { route: Route; catalog: Catalog }) {
    const { query } = props.route;
    const page = pageNamed(props.catalog, query.get("page"));
    const metrics = page.metrics;
    const chosen = metrics.find((metric) => metric.column === query.get("metric")) ?? metrics[0]!;
    const { from, to } = daysOf(query, 30);
    const series = useLoad(`${page.name} ${chosen.column} ${from} ${to}`, (signal) => get<Series>("/series", { page: page.name, metrics: chosen.column, from, to }, signal), true);
    return (
        <section aria-labelledby="trend-title">
            <h2 id="trend-title">{t("trend.title")}</h2>
            <div class="controls">
                <PageChoice pages={props.catalog.pages} value={page.name} onChoose={(name) => amend({ page: name, metric: null })} />
                <MetricChoice metrics={metrics} value={chosen.column} onChoose={(column) => amend({ metric: column })} />
                <DayRange from={from} to={to} />
            </div>
            <Waiting of={series} />
            <Why of={series.data?.why} />
            {series.data && <Trend metric={chosen} from={from} to={to} days={series.data.days} />}
        </section>
    );
}
