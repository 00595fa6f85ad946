import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { Backfill as State, BackfillItem, BackfillPartition, BreakdownName, Page } from "../api/types";
import { moment, whole } from "../format";
import { metricName, named, t } from "../i18n/language";
import { announce, complain } from "../state/announcement";
import { incompleteOf, incompleteOfPage, useBackfill } from "../state/backfill";
import type { Loaded } from "../state/load";
import { useObservable } from "../state/observable";
import { isOperator, session } from "../state/session";
import { Badge } from "./Badge";
import { Link } from "./Link";
import { Scroll } from "./Scroll";
import { Waiting } from "./Waiting";

/** What an operator is told at first sight: nothing where all is complete and goes on. */
export function BackfillNote() {
    const state = useBackfill(true).data;
    const open = state === null ? [] : incompleteOf(state);
    return state === null || open.length === 0 ? null : (
        <section aria-label={t("backfill.title")} data-backfill>
            {open.map((item) => (
                <p key={item.name} class="why">
                    {t(state.stoppedAt === null ? "backfill.open" : "backfill.open.stopped", { name: itemName(item) })} <Done item={item} shards={state.shards} />{" "}
                    <Link href="/cluster">{t("backfill.more")}</Link>
                </p>
            ))}
        </section>
    );
}

/** How the past of all metrics and breakdowns is coming on, Partition by Partition; an operator stops it and has it go on. */
export function Backfill() {
    const found = useBackfill(true);
    const state = found.data;
    return (
        <section aria-labelledby="backfill-title" data-backfill>
            <h2 id="backfill-title">{t("backfill.title")}</h2>
            <Waiting of={found} />
            {state !== null && (
                <>
                    <Switch state={state} reload={found.reload} />
                    {state.items.length > 0 && <Items state={state} />}
                    {state.partitions.length > 0 && <Partitions of={state.partitions} />}
                    {[...new Set(state.partitions.map((one) => one.error ?? null))].map((error) => error !== null && (
                        <p key={error} class="failed">
                            {error}
                        </p>
                    ))}
                    {Object.entries(state.away ?? {}).map(([node, why]) => (
                        <p key={node} class="why">
                            {t("backfill.away", { node, why })}
                        </p>
                    ))}
                </>
            )}
        </section>
    );
}

/** What of a page is not shown yet, with how far it is, and what its metrics lack for good of the days that are shown. */
export function PageBackfill(props: { of: State | null; page: string; from: string }) {
    const { of, page, from } = props;
    return (
        <>
            {of !== null && incompleteOfPage(of, page, null).map((item) => <Incomplete key={item.name} item={item} state={of} />)}
            {of?.items.filter((item) => item.page === page && item.column !== null && item.complete && item.lacksBefore !== null && moment(item.lacksBefore).slice(0, 10) >= from).map((item) => (
                <p key={item.name} class="why">
                    {t("backfill.lacks", { name: itemName(item), time: moment(item.lacksBefore) })}
                </p>
            ))}
        </>
    );
}

/** What asks for a breakdown: not before it is complete. */
export function Breakable(props: { of: Loaded<State>; page: Page; by: BreakdownName; children: ComponentChildren }) {
    const { of, page, by } = props;
    if (of.data === null && of.error === null) {
        return null;
    }

    const open = incompleteOfPage(of.data, page.name, by);
    return open.length > 0 ? open.map((item) => <Incomplete key={item.name} item={item} state={of.data!} />) : <>{props.children}</>;
}

/** Stands where a column or a table will be. */
function Incomplete(props: { item: BackfillItem; state: State }) {
    const { item, state } = props;
    return (
        <p class="why" data-incomplete={item.name}>
            {t(state.stoppedAt === null ? "backfill.incomplete" : "backfill.incomplete.stopped", { name: itemName(item) })} <Done item={item} shards={state.shards} />
        </p>
    );
}

/** How many Partitions are done. The numbers beside the bar are its own, which a screen reader tells by its label. */
function Done(props: { item: BackfillItem; shards: number }) {
    const { item, shards } = props;
    const text = t("backfill.done", { done: whole(item.shardsDone), of: whole(shards) });
    return (
        <>
            <progress aria-label={t("backfill.bar", { name: itemName(item) })} aria-valuetext={text} value={item.shardsDone} max={shards} /> <span aria-hidden="true">{text}</span>
        </>
    );
}

function Switch(props: { state: State; reload: Loaded<State>["reload"] }) {
    const { state, reload } = props;
    const mayChange = isOperator(useObservable(session));
    const [isBusy, setIsBusy] = useState(false);
    const isStopped = state.stoppedAt !== null;
    const isOpen = incompleteOf(state).length > 0;

    async function change(): Promise<void> {
        setIsBusy(true);
        try {
            await post(`/backfill/${isStopped ? "resume" : "stop"}`, {});
            announce(t(isStopped ? "backfill.resumed" : "backfill.stopped"));
        } catch (error) {
            complain(error);
        }

        setIsBusy(false);
        reload();
    }

    return (
        <div class="controls">
            <span role="status">{isStopped ? t("backfill.stoppedAt", { time: moment(state.stoppedAt) }) : t(isOpen ? "backfill.running" : "backfill.complete")}</span>
            {mayChange && (isOpen || isStopped) && (
                <button aria-disabled={isBusy} onClick={() => !isBusy && void change()}>
                    {t(isStopped ? "backfill.resume" : "backfill.stop")}
                </button>
            )}
        </div>
    );
}

function Items(props: { state: State }) {
    return (
        <Scroll label={t("backfill.items")}>
            <table>
                <caption class="visually-hidden">{t("backfill.items")}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t("backfill.name")}</th>
                        <th scope="col">{t("backfill.kind")}</th>
                        <th scope="col">{t("backfill.shards")}</th>
                        <th scope="col">{t("backfill.since")}</th>
                        <th scope="col">{t("backfill.lacksBefore")}</th>
                    </tr>
                </thead>
                <tbody>
                    {props.state.items.map((item) => (
                        <tr key={item.name} data-item={item.name}>
                            <th scope="row">
                                {item.name} <small class="muted">{itemName(item)}</small>
                            </th>
                            <td>{t(`backfill.kind.${item.kind}`)}</td>
                            <td>{item.complete ? t("backfill.whole") : <Done item={item} shards={props.state.shards} />}</td>
                            <td>{item.since === null ? "" : moment(item.since)}</td>
                            <td>{item.lacksBefore === null ? "" : moment(item.lacksBefore)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </Scroll>
    );
}

function Partitions(props: { of: BackfillPartition[] }) {
    return (
        <Scroll label={t("backfill.partitions")}>
            <table>
                <caption class="visually-hidden">{t("backfill.partitions")}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t("shard")}</th>
                        <th scope="col">{t("node")}</th>
                        <th scope="col">{t("state")}</th>
                        <th scope="col" class="number">{t("backfill.pass")}</th>
                        <th scope="col">{t("backfill.blocks")}</th>
                        <th scope="col" class="number">{t("backfill.counters")}</th>
                    </tr>
                </thead>
                <tbody>
                    {props.of.map((one) => (
                        <tr key={one.shard} data-shard={one.shard}>
                            <th scope="row">{one.shard}</th>
                            <td>{one.node}</td>
                            <td>
                                <Badge state={one.state} />
                            </td>
                            <td class="number">{whole(one.pass)}</td>
                            <td>{one.read !== null && one.through !== null && one.pass !== 0 && <Blocks shard={one.shard} read={one.read} through={one.through} />}</td>
                            <td class="number">{whole(one.counters)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </Scroll>
    );
}

function Blocks(props: { shard: number; read: number; through: number }) {
    const { shard, read, through } = props;
    const text = t("backfill.done", { done: whole(read), of: whole(through) });
    return (
        <>
            <progress aria-label={t("backfill.blocks.bar", { shard })} aria-valuetext={text} value={read} max={Math.max(through, 1)} /> <span aria-hidden="true">{text}</span>
        </>
    );
}

function itemName(item: BackfillItem): string {
    const page = item.page === null ? item.table : named("page", item.page);
    return item.column !== null ? t("backfill.metric", { page, metric: metricName(item.column) })
        : item.by !== null ? t("breakdown.of", { page, by: named("breakdown", item.by) }) : item.table;
}
