import type { ComponentChildren } from "preact";
import type { Catalog, Metric, Page } from "../api/types";
import { metricName, t } from "../i18n/language";
import { amend, type Query } from "../state/route";
import { DayRange } from "./DayRange";
import { PageChoice } from "./PageChoice";

/** What all questions of people over days are asked with: the page, its days and its topics. */
export interface Asked {
    page: Page;
    from: string;
    to: string;
    /** As they were written. */
    topics: string;
}

/** The topics of a text, however they are set apart. A type may hold anything but a line's end, so that only a text of one word a line is split at blanks. */
export function topicsOf(text: string): string[] {
    return text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
}

export function asQuery(asked: Asked): Query {
    return { page: asked.page.name, from: asked.from, to: asked.to, topic: topicsOf(asked.topics) };
}

export function distinctOf(page: Page): Metric[] {
    return page.metrics.filter((metric) => metric.kind === "distinct");
}

/** What is chosen stands in the address; it is asked when it is sent, since an answer may take long. */
export function QuestionForm(props: { catalog: Catalog; asked: Asked; children: ComponentChildren; onAsk: () => void }) {
    const { asked } = props;
    return (
        <form
            class="question"
            onSubmit={(event) => {
                event.preventDefault();
                amend({ asked: 1 });
                props.onAsk();
            }}
        >
            <div class="controls">
                <PageChoice pages={props.catalog.pages} value={asked.page.name} onChoose={(name) => amend({ page: name, column: null, returning: null, columns: null, asked: null })} />
                <DayRange from={asked.from} to={asked.to} />
            </div>
            {props.children}
            <div class="controls">
                <label class="search">
                    {t("question.topics")}
                    <textarea rows={2} value={asked.topics} placeholder={t("question.topics.hint")} onChange={(event) => amend({ topics: event.currentTarget.value })} />
                </label>
                <button class="primary">{t("question.ask")}</button>
            </div>
        </form>
    );
}

export function ColumnChoice(props: { label: string; columns: Metric[]; value: string; onChoose: (column: string) => void }) {
    return (
        <label>
            {props.label}
            <select value={props.value} onChange={(event) => props.onChoose(event.currentTarget.value)}>
                {props.columns.map((metric) => (
                    <option key={metric.column} value={metric.column}>
                        {metricName(metric.column)}
                    </option>
                ))}
            </select>
        </label>
    );
}
