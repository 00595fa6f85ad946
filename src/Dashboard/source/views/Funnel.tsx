import { useEffect } from "preact/hooks";
import { askNode } from "../api/client";
import type { Catalog, Funnel as Answer } from "../api/types";
import { Bars } from "../parts/Bars";
import { Csv } from "../parts/Csv";
import { daysOf } from "../parts/DayRange";
import { Heading } from "../parts/Heading";
import { Progress } from "../parts/Progress";
import { asQuery, ColumnChoice, distinctOf, QuestionForm, type Asked } from "../parts/QuestionForm";
import { Scroll } from "../parts/Scroll";
import { Why } from "../parts/Why";
import { percent, whole } from "../format";
import { metricName, named, t } from "../i18n/language";
import { mainMetrics, pageNamed } from "../state/catalog";
import { useQuestion } from "../state/question";
import { amend, type Query, type Route } from "../state/route";

const SPAN = 30;
const MIN_STEPS = 2;
const MAX_STEPS = 10;

/** People in a first column, how many of them are in a second too, of those in a third, and so on. */
export function Funnel(props: { route: Route; catalog: Catalog }) {
    const { query } = props.route;
    const page = pageNamed(props.catalog, query.get("page"));
    const columns = distinctOf(page);
    const usual = distinctOf({ ...page, metrics: mainMetrics(page) });
    const steps = stepsOf(query.get("columns"), columns.map((metric) => metric.column), (usual.length >= MIN_STEPS ? usual : columns).map((metric) => metric.column));
    const asked: Asked = { page, ...daysOf(query, SPAN), topics: query.get("topics") ?? "" };
    const question: Query = { ...asQuery(asked), columns: steps.join(",") };
    const { answer, ask, cancel } = useQuestion<{ found: Answer; question: Query }>();

    function run(): void {
        ask(async (signal, hear) => ({ found: await askNode<Answer>("/funnel", question, signal, hear), question }));
    }

    function choose(next: string[]): void {
        amend({ columns: next.join(",") });
    }

    // A sent link shows what it was sent for.
    useEffect(() => {
        if (query.get("asked") !== null) {
            run();
        }
    }, []);
    return (
        <>
            <Heading text={t("nav.funnel")} />
            <p class="muted">{t("funnel.what")}</p>
            <QuestionForm catalog={props.catalog} asked={asked} onAsk={run}>
                <fieldset>
                    <legend>{t("funnel.steps")}</legend>
                    <ol class="steps">
                        {steps.map((step, i) => (
                            <li key={i} class="controls">
                                <ColumnChoice label={t("funnel.step", { number: i + 1 })} columns={columns} value={step} onChoose={(name) => choose(steps.map((old, at) => (at === i ? name : old)))} />
                                <button type="button" aria-label={t("funnel.remove", { number: i + 1 })} disabled={steps.length <= MIN_STEPS} onClick={() => choose(steps.filter((_, at) => at !== i))}>
                                    −
                                </button>
                            </li>
                        ))}
                    </ol>
                    <button
                        type="button"
                        disabled={steps.length >= MAX_STEPS}
                        onClick={() => choose([...steps, columns.find((metric) => !steps.includes(metric.column))?.column ?? steps[0]!])}
                    >
                        {t("funnel.add")}
                    </button>
                </fieldset>
            </QuestionForm>
            <Progress answer={answer} onCancel={cancel} />
            {answer.state === "answered" && <Steps found={answer.data.found} question={answer.data.question} />}
        </>
    );
}

/** Those of the address that the page has, else the first of its main ones. */
function stepsOf(names: string | null, known: string[], usual: string[]): string[] {
    const named = (names ?? "").split(",").filter((name) => known.includes(name));
    return named.length >= MIN_STEPS ? named.slice(0, MAX_STEPS) : usual.slice(0, 3);
}

function Steps(props: { found: Answer; question: Query }) {
    const { found } = props;
    const first = found.steps[0]?.people ?? 0;
    const caption = t("funnel.caption", { page: named("page", found.page), from: found.from, to: found.to });
    return (
        <section aria-label={caption} data-complete={found.complete}>
            <h2>{caption}</h2>
            {found.topics.length > 0 && <p class="muted">{t("question.of", { topics: found.topics.join(", ") })}</p>}
            <Why of={found.why} />
            <Bars
                caption={t("funnel.bars")}
                bars={found.steps.map((step, i) => ({
                    name: `${i + 1}. ${metricName(step.column)}`,
                    share: first === 0 ? 0 : step.people / first,
                    value: `${whole(step.people)} · ${percent(step.people, first)}`,
                }))}
            />
            <Scroll label={caption}>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{t("funnel.column")}</th>
                            <th scope="col" class="number">
                                {t("funnel.people")}
                            </th>
                            <th scope="col" class="number">
                                {t("funnel.ofFirst")}
                            </th>
                            <th scope="col" class="number">
                                {t("funnel.ofPrevious")}
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {found.steps.map((step, i) => (
                            <tr key={i}>
                                <th scope="row">{`${i + 1}. ${metricName(step.column)}`}</th>
                                <td class="number">{whole(step.people)}</td>
                                <td class="number">{percent(step.people, first)}</td>
                                <td class="number">{i === 0 ? "" : percent(step.people, found.steps[i - 1]!.people)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </Scroll>
            <nav class="pager" aria-label={t("topics.csv")}>
                <Csv path="/funnel.csv" query={props.question} name={`funnel-${found.page}-${found.from}-${found.to}.csv`} />
            </nav>
        </section>
    );
}
