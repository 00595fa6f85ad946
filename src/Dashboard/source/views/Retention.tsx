import { useEffect, useState } from "preact/hooks";
import { askNode } from "../api/client";
import type { Catalog, Retention as Answer } from "../api/types";
import { Csv } from "../parts/Csv";
import { daysOf } from "../parts/DayRange";
import { Heading } from "../parts/Heading";
import { RowPager } from "../parts/Pager";
import { Progress } from "../parts/Progress";
import { asQuery, ColumnChoice, distinctOf, QuestionForm, type Asked } from "../parts/QuestionForm";
import { Scroll } from "../parts/Scroll";
import { Why } from "../parts/Why";
import { percent, whole } from "../format";
import { metricName, named, t } from "../i18n/language";
import { pageNamed } from "../state/catalog";
import { useQuestion } from "../state/question";
import { amend, type Query, type Route } from "../state/route";

const SPAN = 30;
const USUAL = "1,2,3,7,14,30";
const PAGE_ROWS = 31;

/** Of the people of each day, how many came back some days after: days downwards, days after to the right, which makes a triangle. */
export function Retention(props: { route: Route; catalog: Catalog }) {
    const { query } = props.route;
    const page = pageNamed(props.catalog, query.get("page"));
    const columns = distinctOf(page);
    const column = columns.find((metric) => metric.column === query.get("column")) ?? columns[0]!;
    const returning = columns.find((metric) => metric.column === query.get("returning")) ?? column;
    const after = query.get("days") ?? USUAL;
    const asked: Asked = { page, ...daysOf(query, SPAN), topics: query.get("topics") ?? "" };
    const question: Query = { ...asQuery(asked), column: column.column, returning: returning.column, days: after };
    // What was asked for: what is chosen meanwhile is another question.
    const { answer, ask, cancel } = useQuestion<{ found: Answer; question: Query }>();

    function run(): void {
        ask(async (signal, hear) => ({ found: await askNode<Answer>("/retention", question, signal, hear), question }));
    }

    // A sent link shows what it was sent for.
    useEffect(() => {
        if (query.get("asked") !== null) {
            run();
        }
    }, []);
    return (
        <>
            <Heading text={t("nav.retention")} />
            <p class="muted">{t("retention.what")}</p>
            <QuestionForm catalog={props.catalog} asked={asked} onAsk={run}>
                <div class="controls">
                    <ColumnChoice label={t("retention.column")} columns={columns} value={column.column} onChoose={(name) => amend({ column: name })} />
                    <ColumnChoice label={t("retention.returning")} columns={columns} value={returning.column} onChoose={(name) => amend({ returning: name })} />
                    <label>
                        {t("retention.after")}
                        <input type="text" inputMode="numeric" value={after} onChange={(event) => amend({ days: event.currentTarget.value.replaceAll(/\s/g, "") })} />
                    </label>
                </div>
            </QuestionForm>
            <Progress answer={answer} onCancel={cancel} />
            {answer.state === "answered" && <Triangle key={JSON.stringify(answer.data.question)} found={answer.data.found} question={answer.data.question} />}
        </>
    );
}

function Triangle(props: { found: Answer; question: Query }) {
    const { found } = props;
    const [offset, setOffset] = useState(0);
    const caption = t("retention.caption", { page: named("page", found.page), column: metricName(found.column), returning: metricName(found.returning), from: found.from, to: found.to });
    return (
        <section aria-label={caption} data-complete={found.complete}>
            <h2>{caption}</h2>
            <Why of={found.why} />
            {found.days.length === 0 && <p class="muted">{t("question.none")}</p>}
            {found.days.length > 0 && (
                <Scroll label={caption}>
                    <table class="triangle">
                        <thead>
                            <tr>
                                <th scope="col">{t("day")}</th>
                                <th scope="col" class="number">
                                    {metricName(found.column)}
                                </th>
                                {found.after.map((days) => (
                                    <th key={days} scope="col" class="number">
                                        {t("retention.days", { days })}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {found.days.slice(offset, offset + PAGE_ROWS).map((row) => (
                                <tr key={row.day}>
                                    <th scope="row">{row.day}</th>
                                    <td class="number">{whole(row.people)}</td>
                                    {row.returned.map((count, i) => (
                                        <Share key={found.after[i]} count={count} people={row.people} />
                                    ))}
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </Scroll>
            )}
            <RowPager label={t("pager.label")} offset={offset} rows={PAGE_ROWS} total={found.days.length} onMove={setOffset}>
                <Csv path="/retention.csv" query={props.question} name={`retention-${found.page}-${found.from}-${found.to}.csv`} />
            </RowPager>
        </section>
    );
}

/** The deeper the larger the share; the number and the share stand there too. A day to come is empty. */
function Share(props: { count: number | null; people: number }) {
    const { count, people } = props;
    if (count === null) {
        return (
            <td class="to-come">
                <span class="visually-hidden">{t("retention.toCome")}</span>
            </td>
        );
    }

    return (
        <td class="number share" style={{ "--share": people === 0 ? "0" : (count / people).toFixed(3) }}>
            {whole(count)} <small>{percent(count, people)}</small>
        </td>
    );
}
