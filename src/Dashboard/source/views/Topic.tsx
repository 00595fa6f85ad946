import { useState } from "preact/hooks";
import { get } from "../api/client";
import type { Backfill, Catalog, Metric, Page, Topic as Found, TopicOfPage } from "../api/types";
import { Breakable, PageBackfill } from "../parts/Backfill";
import { Breakdown } from "../parts/Breakdown";
import { CellEvents, type CellPlace } from "../parts/CellEvents";
import { daysOf, DayRange } from "../parts/DayRange";
import { Heading } from "../parts/Heading";
import { Link } from "../parts/Link";
import { Scroll } from "../parts/Scroll";
import { Sparkline } from "../parts/Sparkline";
import { daysBetween, Trend } from "../parts/Trend";
import { Waiting } from "../parts/Waiting";
import { Why } from "../parts/Why";
import { dayMarked, drawn, metric as write } from "../format";
import { metricName, named, t } from "../i18n/language";
import { useBackfill } from "../state/backfill";
import { useLoad, type Loaded } from "../state/load";
import { useObservable } from "../state/observable";
import { maySeePeople, session } from "../state/session";
import { address, type Route } from "../state/route";

const MAX_DAYS = 1000;

/** One topic: every metric of its pages, and how it went. */
export function Topic(props: { route: Route; catalog: Catalog }) {
    const { query } = props.route;
    const type = query.get("type") ?? "";
    const id = query.get("id") ?? "";
    const { from, to } = daysOf(query, 30);
    const topic = useLoad(`${type} ${id} ${from} ${to}`, (signal) => get<Found>("/topic", { type, id, from, to, limit: MAX_DAYS }, signal), true);
    const backfill = useBackfill();
    const pages = topic.data?.pages.filter((page) => page.days.length > 0) ?? [];
    return (
        <>
            <Heading text={t("topic.title", { type, id })}>
                {topic.data && <span class="muted">{t("topic.shard", { shard: topic.data.shard })}</span>}
                <Link href={address("/led-to", { value: `${type}:${id}`, from, to })}>{t("topic.ledTo")}</Link>
                <Link href={address("/topics", { from, to })}>{t("topic.back")}</Link>
            </Heading>
            <div class="controls">
                <DayRange from={from} to={to} />
            </div>
            <Waiting of={topic} />
            {topic.data && pages.length === 0 && <p>{t("topic.none")}</p>}
            {pages.map((page) => {
                const known = props.catalog.pages.find((item) => item.name === page.page);
                return known && <TopicPage key={page.page} page={known} type={type} id={Number(id)} of={page} backfill={backfill} from={from} to={to} />;
            })}
        </>
    );
}

function TopicPage(props: { page: Page; type: string; id: number; of: TopicOfPage; backfill: Loaded<Backfill>; from: string; to: string }) {
    const { page, type, id, backfill } = props;
    const { days, total, why } = props.of;
    const mayExplain = maySeePeople(useObservable(session));
    const [open, setOpen] = useState<CellPlace | null>(null);
    const explain = (item: Metric, day: string) => setOpen({ page: page.name, type, id, day, metric: item });
    const latest = days[0]!;
    const [chosen, choose] = useState(page.metrics[0]!.column);
    const [isBrief, setIsBrief] = useState(true);
    const metric = page.metrics.find((item) => item.column === chosen) ?? page.metrics[0]!;
    const byDay = new Map(days.map((day) => [day.day, day.values]));
    const all = daysBetween(props.from, props.to);
    const shown = isBrief ? page.metrics.filter((item) => item.column === chosen || days.some((day) => Number(day.values[item.column] ?? 0) !== 0)) : page.metrics;
    return (
        <section aria-label={t("topic.metrics", { page: named("page", page.name) })} data-page={page.name}>
            <h2>{t("topic.metrics", { page: named("page", page.name) })}</h2>
            <Trend metric={metric} from={props.from} to={props.to} days={days} {...(mayExplain && { onOpen: (day: string) => explain(metric, day) })} />
            <label>
                <input type="checkbox" checked={isBrief} onChange={(event) => setIsBrief(event.currentTarget.checked)} /> {t("topic.empty")}
            </label>
            <Scroll label={t("topic.metrics", { page: named("page", page.name) })}>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{t("metric")}</th>
                            <th scope="col" class="number">{`${t("topic.today")} (${dayMarked(latest.day)})`}</th>
                            <th scope="col" class="number">
                                {t("topic.sum")}
                            </th>
                            <th scope="col">{t("topic.trend")}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {shown.map((item) => (
                            <tr key={item.column} data-metric={item.column} class={item.column === chosen ? "chosen" : undefined}>
                                <th scope="row">
                                    <button class="plain" aria-pressed={item.column === chosen} title={item.column} aria-label={t("topic.show", { metric: metricName(item.column) })} onClick={() => choose(item.column)}>
                                        {metricName(item.column)}
                                    </button>
                                </th>
                                <td class="number">
                                    {mayExplain ? (
                                        <button
                                            class="plain"
                                            aria-label={t("explain.open", { metric: metricName(item.column), day: latest.day, value: write(latest.values[item.column], item.kind) })}
                                            onClick={() => explain(item, latest.day)}
                                        >
                                            {write(latest.values[item.column], item.kind)}
                                        </button>
                                    ) : (
                                        write(latest.values[item.column], item.kind)
                                    )}
                                </td>
                                <td class="number">{write(total?.[item.column] ?? null, item.kind)}</td>
                                <td>
                                    <Sparkline values={all.map((day) => drawn(byDay.get(day)?.[item.column]))} />
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </Scroll>
            <Why of={why} />
            <PageBackfill of={backfill.data} page={page.name} from={props.from} />
            {page.breakdowns.map((by) => (
                <Breakable key={by} page={page} by={by} of={backfill}>
                    <Breakdown page={page} by={by} side={{ topic: { type, id } }} from={props.from} to={props.to} />
                </Breakable>
            ))}
            {open !== null && <CellEvents cell={open} onClose={() => setOpen(null)} />}
        </section>
    );
}
