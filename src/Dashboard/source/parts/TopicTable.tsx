import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Metric } from "../api/types";
import { metric as write, whole } from "../format";
import { metricName, t } from "../i18n/language";
import { amend, address } from "../state/route";
import { useTopicRows } from "../state/topic-rows";
import { Link } from "./Link";
import { ScrollHint } from "./Scroll";
import { SortHeader, type Order } from "./SortHeader";
import { GapMark, Why } from "./Why";

/** As the style sheet has it. */
const ROW_HEIGHT = 36;

/** So wide that any usual amount is whole; where there is less room the table scrolls to the side. */
const COLUMN_WIDTH = 130;
const FIRST_COLUMNS = 270;

/** Rows above and below the visible ones, so that scrolling shows no gaps. */
const MARGIN = 10;

/** Browsers give up on boxes of some ten million pixels. */
const MAX_ROWS = 250_000;

const PAGE_ROWS = 50;

/** A table of any number of topics, of which only the rows in sight exist. */
export function TopicTable(props: { list: Record<string, string>; columns: Metric[]; caption: string; at: number; onTotal: (total: number) => void }) {
    const box = useRef<HTMLDivElement>(null);
    const [top, setTop] = useState(0);
    const [height, setHeight] = useState(600);
    const first = Math.floor(top / ROW_HEIGHT);
    const inSight = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);
    const rows = useTopicRows({ ...props.list, metrics: props.columns.map((metric) => metric.column).join(",") }, Math.max(0, first - MARGIN), first + inSight + MARGIN);
    const total = rows.total ?? 0;
    const count = Math.min(total, MAX_ROWS);
    const begin = Math.max(0, Math.min(first, count - inSight) - MARGIN);
    const end = Math.min(count, first + inSight + 1 + MARGIN);
    const key = JSON.stringify(props.list);
    const isKnown = rows.total !== null;
    const sorted = {
        sort: props.list["sort"] ?? "",
        order: (props.list["order"] === "asc" ? "asc" : "desc") as Order,
        onSort: (sort: string, order: Order) => amend({ sort, order, at: null }),
    };

    useEffect(() => {
        if (rows.total !== null) {
            props.onTotal(rows.total);
        }
    }, [rows.total]);
    useLayoutEffect(() => {
        setHeight(box.current!.clientHeight);
        const sizes = new ResizeObserver(() => setHeight(box.current?.clientHeight ?? 600));
        sizes.observe(box.current!);
        return () => sizes.disconnect();
    }, []);
    // Another list begins at its top, or where the address says; it can be scrolled there only once its length is known.
    useLayoutEffect(() => {
        box.current!.scrollTop = props.at * ROW_HEIGHT;
    }, [key, isKnown]);
    // The address follows the scrolling once that rests.
    useEffect(() => {
        const timer = setTimeout(() => isKnown && amend({ at: first > 0 ? first : null }), 300);
        return () => clearTimeout(timer);
    }, [first, isKnown]);

    function jump(row: number): void {
        box.current!.scrollTop = Math.max(0, Math.min(row, count - 1)) * ROW_HEIGHT;
    }

    return (
        <>
            {rows.error !== null && (
                <p class="failed" role="alert">
                    {t("failed", { error: rows.error })}
                </p>
            )}
            <Why of={rows.why} />
            <ScrollHint of={box} />
            <div ref={box} class="rows" tabIndex={0} role="region" aria-label={props.caption} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
                <table aria-rowcount={total + 1} class="topics" style={{ minWidth: `${FIRST_COLUMNS + props.columns.length * COLUMN_WIDTH}px` }}>
                    <caption class="visually-hidden">{props.caption}</caption>
                    <thead>
                        <tr aria-rowindex={1}>
                            <SortHeader name="topic" label={t("topic")} class="topic" {...sorted} />
                            <th scope="col" class="number days">
                                {t("topics.days")}
                            </th>
                            {props.columns.map((metric) => (
                                <SortHeader key={metric.column} name={metric.column} label={metricName(metric.column)} isNumber {...sorted} />
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {begin > 0 && <Gap rows={begin} />}
                        {Array.from({ length: Math.max(0, end - begin) }, (_, i) => begin + i).map((index) => {
                            const row = rows.row(index);
                            return (
                                <tr key={index} aria-rowindex={index + 2}>
                                    <th scope="row">
                                        {row ? <Link href={address("/topic", { type: row.type, id: row.id, from: props.list["from"], to: props.list["to"] })}>{`${row.type}/${row.id}`}</Link> : "…"}
                                    </th>
                                    <td class="number">
                                        {row ? whole(row.days) : ""}
                                        <GapMark why={row?.why} />
                                    </td>
                                    {props.columns.map((metric) => (
                                        <td key={metric.column} class="number">
                                            {row ? write(row.values[metric.column], metric.kind) : ""}
                                        </td>
                                    ))}
                                </tr>
                            );
                        })}
                        {end < count && <Gap rows={count - end} />}
                    </tbody>
                </table>
                {isKnown && total === 0 && <p class="muted">{t("none")}</p>}
            </div>
            <nav class="pager" aria-label={t("pager.label")}>
                <button disabled={first === 0} onClick={() => jump(0)}>
                    {t("pager.first")}
                </button>
                <button disabled={first === 0} onClick={() => jump(first - PAGE_ROWS)}>
                    {t("pager.previous")}
                </button>
                <span>{t("pager.at", { from: whole(total === 0 ? 0 : first + 1), to: whole(Math.min(total, first + inSight)), total: whole(total) })}</span>
                <button disabled={first + inSight >= count} onClick={() => jump(first + PAGE_ROWS)}>
                    {t("pager.next")}
                </button>
                <button disabled={first + inSight >= count} onClick={() => jump(count - 1)}>
                    {t("pager.last")}
                </button>
            </nav>
            {total > MAX_ROWS && <p class="muted">{t("topics.capped", { count: whole(MAX_ROWS) })}</p>}
        </>
    );
}

/** Stands for rows that do not exist, and is nothing to a screen reader. */
function Gap(props: { rows: number }) {
    return (
        <tr aria-hidden="true" class="gap">
            <td style={{ height: `${props.rows * ROW_HEIGHT}px` }} />
        </tr>
    );
}
