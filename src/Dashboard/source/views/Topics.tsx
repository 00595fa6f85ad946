import { useEffect, useRef, useState } from "preact/hooks";
import type { Catalog, Page } from "../api/types";
import { Csv } from "../parts/Csv";
import { daysOf, DayRange } from "../parts/DayRange";
import { Heading } from "../parts/Heading";
import { PageChoice } from "../parts/PageChoice";
import { TopicTable } from "../parts/TopicTable";
import { whole } from "../format";
import { metricName, named, t } from "../i18n/language";
import { mainMetrics, pageNamed } from "../state/catalog";
import { amend, type Route } from "../state/route";

/** How long typing may pause before the node is asked. */
const TYPING_MS = 250;

/** All topics of a page: searched, sorted and paged by the node, of which the browser holds only what is in sight. */
export function Topics(props: { route: Route; catalog: Catalog }) {
    const { query } = props.route;
    const page = pageNamed(props.catalog, query.get("page"));
    const { from, to } = daysOf(query, 1);
    const columns = columnsOf(page, query.get("columns"));
    const search = query.get("search") ?? "";
    const wanted = query.get("sort") ?? columns[0]?.column ?? "topic";
    const sort = wanted === "topic" || page.metrics.some((metric) => metric.column === wanted) ? wanted : page.metrics[0]!.column;
    const order = query.get("order") === "asc" ? "asc" : "desc";
    const list: Record<string, string> = { page: page.name, from, to, search, sort, order };
    const [total, setTotal] = useState<number | null>(null);

    return (
        <>
            <Heading text={t("nav.topics")} />
            <div class="controls">
                <PageChoice pages={props.catalog.pages} value={page.name} onChoose={(name) => amend({ page: name, sort: null, columns: null, at: null })} />
                <Search value={search} />
                <DayRange from={from} to={to} />
                <Csv path="/counters.csv" query={{ ...list, metrics: columns.map((metric) => metric.column).join(",") }} name={`${page.name}-${from}-${to}.csv`} />
            </div>
            <Columns page={page} chosen={columns.map((metric) => metric.column)} />
            <p class="muted" role="status">
                {total === null ? t("loading") : t("topics.count", { count: whole(total) })}
            </p>
            {columns.some((metric) => metric.kind === "distinct") && from !== to && <p class="muted note">{t("people.united")}</p>}
            <TopicTable
                list={list}
                columns={columns}
                caption={t("topics.list", { page: named("page", page.name), from, to })}
                at={Number(query.get("at") ?? 0)}
                onTotal={setTotal}
            />
        </>
    );
}

function columnsOf(page: Page, names: string | null): Page["metrics"] {
    if (names === null) {
        return mainMetrics(page).slice(0, 7);
    }

    const wanted = names.split(",");
    return page.metrics.filter((metric) => wanted.includes(metric.column));
}

function Search(props: { value: string }) {
    const [text, setText] = useState(props.value);
    const timer = useRef<ReturnType<typeof setTimeout>>();
    useEffect(() => () => clearTimeout(timer.current), []);
    return (
        <label class="search">
            {t("topics.search")}
            <input
                type="search"
                maxLength={100}
                placeholder={t("topics.hint")}
                value={text}
                onInput={(event) => {
                    const value = event.currentTarget.value;
                    setText(value);
                    clearTimeout(timer.current);
                    timer.current = setTimeout(() => amend({ search: value, at: null }), TYPING_MS);
                }}
            />
        </label>
    );
}

function Columns(props: { page: Page; chosen: string[] }) {
    return (
        <details class="columns">
            <summary>{t("topics.columns")}</summary>
            <fieldset>
                <legend class="visually-hidden">{t("topics.columns")}</legend>
                {props.page.metrics.map((metric) => (
                    <label key={metric.column}>
                        <input
                            type="checkbox"
                            checked={props.chosen.includes(metric.column)}
                            onChange={(event) => {
                                const chosen = event.currentTarget.checked ? [...props.chosen, metric.column] : props.chosen.filter((name) => name !== metric.column);
                                if (chosen.length > 0) {
                                    amend({ columns: chosen.join(",") });
                                } else {
                                    event.currentTarget.checked = true;
                                }
                            }}
                        />
                        {metricName(metric.column)}
                    </label>
                ))}
            </fieldset>
        </details>
    );
}
