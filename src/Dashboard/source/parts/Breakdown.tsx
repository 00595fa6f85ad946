import { useState } from "preact/hooks";
import { get } from "../api/client";
import type { BreakdownList, BreakdownName, BreakdownTotals, Metric, Page, PartSum } from "../api/types";
import { valueName, valueOf } from "../breakdown";
import { drawn, metric as write, whole } from "../format";
import { metricName, named, t } from "../i18n/language";
import { mainMetrics } from "../state/catalog";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";
import { address, type Query } from "../state/route";
import { maySeePeople, session } from "../state/session";
import { Bars } from "./Bars";
import { CellEvents, type CellPlace } from "./CellEvents";
import { Csv } from "./Csv";
import { Link } from "./Link";
import { MetricChoice } from "./MetricChoice";
import { RowPager } from "./Pager";
import { Scroll } from "./Scroll";
import { SortHeader, type Order } from "./SortHeader";
import { Trend } from "./Trend";
import { Waiting } from "./Waiting";
import { GapMark, Why } from "./Why";

const PAGE_ROWS = 20;

/** What the node sends at once, and how far a chart of days reaches. */
const MAX_ROWS = 500;
const MAX_DAYS = 1000;

/** What is broken down: a topic, by what led to it; or a value, by the topics that it led to. */
export type Side = { topic: { type: string; id: number } } | { value: string };

/** A topic and a value of a breakdown, as the API takes them. */
interface Part {
    type: string;
    id: number;
    value: string;
}

/** A page broken down, of one side: sorted and paged by the node, the rows in sight as bars, each down to its days and events. */
export function Breakdown(props: { page: Page; by: BreakdownName; side: Side; from: string; to: string }) {
    const { page, by, side, from, to } = props;
    const isOneDay = from === to;
    const mayExplain = maySeePeople(useObservable(session));
    const [wanted, setWanted] = useState(page.metrics[0]!.column);
    const [sorting, setSorting] = useState<{ sort: string; order: Order }>({ sort: page.metrics[0]!.column, order: "desc" });
    const [open, setOpen] = useState<Part | null>(null);
    const [cell, setCell] = useState<CellPlace | null>(null);
    // Other days are another list, which begins at its top.
    const list = `${page.name} ${by} ${JSON.stringify(side)} ${from} ${to}`;
    const [at, setAt] = useState({ list, offset: 0 });
    const offset = at.list === list ? at.offset : 0;

    const chosen = page.metrics.find((metric) => metric.column === wanted) ?? page.metrics[0]!;
    const sort = sorting.sort === "key" || page.metrics.some((metric) => metric.column === sorting.sort) ? sorting.sort : chosen.column;
    const columns = page.metrics.filter((metric) => metric === chosen || mainMetrics(page).slice(0, 6).includes(metric));
    const subject: Query = "topic" in side ? { type: side.topic.type, id: side.topic.id } : { value: [side.value] };
    const question: Query = { page: page.name, by, ...subject, from, to, metrics: columns.map((metric) => metric.column).join(",") };
    const found = useLoad(`${list} ${sort} ${sorting.order} ${offset} ${chosen.column}`, (signal) =>
        get<BreakdownTotals>("/breakdown/totals", { ...question, sort, order: sorting.order, offset, limit: PAGE_ROWS }, signal),
    );
    const answer = found.data;
    const caption = "topic" in side ? t("breakdown.of", { by: named("breakdown", by), page: named("page", page.name) }) : t("breakdown.topics", { page: named("page", page.name) });

    function sortBy(next: string, order: Order): void {
        setSorting({ sort: next, order });
        setAt({ list, offset: 0 });
    }

    function partOf(item: PartSum): Part {
        return { type: item.type!, id: item.id!, value: valueOf(item) };
    }

    function nameOf(item: PartSum): string {
        return "topic" in side ? valueName(valueOf(item)) : `${item.type}:${item.id}`;
    }

    function explain(part: Part, metric: Metric, day: string): void {
        setCell({ page: page.name, type: part.type, id: part.id, day, metric, by: `${by}=${part.value}` });
    }

    return (
        <section class="breakdown" aria-label={caption} data-breakdown={by} data-page={page.name}>
            <h3>{caption}</h3>
            <div class="controls">
                <MetricChoice
                    metrics={page.metrics}
                    value={chosen.column}
                    onChoose={(column) => {
                        setWanted(column);
                        sortBy(column, "desc");
                    }}
                />
                <button onClick={found.reload}>{t("refresh")}</button>
                <Csv path="/breakdown.csv" query={question} name={`${page.name}-by-${by}-${from}-${to}.csv`} />
            </div>
            <Waiting of={found} />
            <Why of={answer?.why} />
            {answer && answer.total === 0 && <p class="muted">{t("breakdown.none")}</p>}
            {answer && answer.total > 0 && (
                <>
                    <Bars
                        caption={t("breakdown.chart", { metric: metricName(chosen.column), from, to })}
                        bars={barsOf(answer.items, chosen, nameOf)}
                    />
                    {!isOneDay && columns.some((metric) => metric.kind === "distinct") && <p class="muted note">{t("people.united")}</p>}
                    <Scroll label={caption}>
                        <table>
                            <thead>
                                <tr>
                                    <SortHeader name="key" label={"topic" in side ? named("breakdown", by) : t("topic")} sort={sort} order={sorting.order} onSort={sortBy} />
                                    {columns.map((metric) => (
                                        <SortHeader key={metric.column} name={metric.column} label={metricName(metric.column)} sort={sort} order={sorting.order} isNumber onSort={sortBy} />
                                    ))}
                                    {!isOneDay && <th scope="col">{t("topics.days")}</th>}
                                </tr>
                            </thead>
                            <tbody>
                                {answer.items.map((item) => {
                                    const part = partOf(item);
                                    const name = nameOf(item);
                                    const isOpen = open !== null && open.type === part.type && open.id === part.id && open.value === part.value;
                                    return (
                                        <tr key={`${part.type}:${part.id} ${part.value}`} class={isOpen ? "chosen" : undefined}>
                                            <th scope="row" class="key">
                                                <Name side={side} by={by} page={page.name} part={part} name={name} from={from} to={to} />
                                                <GapMark why={item.why} />
                                            </th>
                                            {columns.map((metric) => {
                                                const value = write(item.values[metric.column], metric.kind);
                                                return (
                                                    <td key={metric.column} class="number">
                                                        {isOneDay && mayExplain ? (
                                                            <button class="plain" aria-label={t("breakdown.open", { metric: metricName(metric.column), name, day: from, value })} onClick={() => explain(part, metric, from)}>
                                                                {value}
                                                            </button>
                                                        ) : (
                                                            value
                                                        )}
                                                    </td>
                                                );
                                            })}
                                            {!isOneDay && (
                                                <td>
                                                    <button aria-expanded={isOpen} aria-label={t("breakdown.days.open", { name, days: whole(item.rows) })} onClick={() => setOpen(isOpen ? null : part)}>
                                                        {whole(item.rows)}
                                                    </button>
                                                </td>
                                            )}
                                        </tr>
                                    );
                                })}
                            </tbody>
                        </table>
                    </Scroll>
                    <RowPager label={t("breakdown.pages", { list: caption })} offset={offset} rows={PAGE_ROWS} total={answer.total} onMove={(next) => setAt({ list, offset: next })} />
                </>
            )}
            {open !== null && !isOneDay && (
                <PartDays
                    key={`${open.type}:${open.id} ${open.value}`}
                    page={page}
                    by={by}
                    part={open}
                    name={"topic" in side ? valueName(open.value) : `${open.type}:${open.id}`}
                    metrics={page.metrics}
                    chosen={chosen}
                    from={from}
                    to={to}
                    onOpen={mayExplain ? explain : undefined}
                />
            )}
            {cell !== null && <CellEvents key={JSON.stringify(cell)} cell={cell} onClose={() => setCell(null)} />}
        </section>
    );
}

/** The other side's name leads there. */
function Name(props: { side: Side; by: BreakdownName; page: string; part: Part; name: string; from: string; to: string }) {
    const { side, by, page, part, from, to } = props;
    const where =
        "value" in side
            ? address("/topic", { type: part.type, id: part.id, from, to })
            : address("/led-to", { by: by === "parent" ? null : by, value: [part.value], page, from, to });
    return <Link href={where}>{props.name}</Link>;
}

/** One part day by day, each day down to its events. */
function PartDays(props: {
    page: Page;
    by: BreakdownName;
    part: Part;
    name: string;
    metrics: Metric[];
    chosen: Metric;
    from: string;
    to: string;
    onOpen: ((part: Part, metric: Metric, day: string) => void) | undefined;
}) {
    const { page, by, part, from, to, onOpen } = props;
    const [wanted, setWanted] = useState(props.chosen.column);
    const metric = props.metrics.find((item) => item.column === wanted) ?? props.chosen;
    const found = useLoad(`${from} ${to} ${metric.column}`, (signal) =>
        rowsOf({ page: page.name, by, type: part.type, id: part.id, value: [part.value], from, to, metrics: metric.column }, signal),
    );
    return (
        <section class="days" aria-label={t("breakdown.days", { name: props.name })} data-days>
            <h4>{t("breakdown.days", { name: props.name })}</h4>
            <div class="controls">
                <MetricChoice metrics={props.metrics} value={metric.column} onChoose={setWanted} />
            </div>
            <Waiting of={found} />
            {found.data && <Trend metric={metric} from={from} to={to} days={found.data} {...(onOpen && { onOpen: (day: string) => onOpen(part, metric, day) })} />}
        </section>
    );
}

async function rowsOf(question: Query, signal: AbortSignal): Promise<BreakdownList["rows"]> {
    const rows: BreakdownList["rows"] = [];
    for (let offset: number | null = 0; offset !== null && rows.length < MAX_DAYS; ) {
        const list: BreakdownList = await get<BreakdownList>("/breakdown", { ...question, offset, limit: MAX_ROWS }, signal);
        rows.push(...list.rows);
        offset = list.next;
    }

    return rows;
}

function barsOf(items: PartSum[], metric: Metric, nameOf: (item: PartSum) => string) {
    const most = Math.max(1e-9, ...items.map((item) => drawn(item.values[metric.column])));
    return items.map((item) => ({ name: nameOf(item), share: drawn(item.values[metric.column]) / most, value: write(item.values[metric.column], metric.kind) }));
}
