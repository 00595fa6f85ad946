import { useState } from "preact/hooks";
import { get, post } from "../api/client";
import type { DeadLetterGroups, DeadLetterMove, DeadLetterSelection } from "../api/types";
import { DeadLetterMessages } from "../parts/DeadLetterMessages";
import { Dialog } from "../parts/Dialog";
import { Heading } from "../parts/Heading";
import { Link } from "../parts/Link";
import { Waiting } from "../parts/Waiting";
import { moment, whole } from "../format";
import { t } from "../i18n/language";
import { announce, complain } from "../state/announcement";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";
import { address, type Route } from "../state/route";
import { isOperator, session } from "../state/session";

interface Move {
    selection: DeadLetterSelection;
    stream: string;
    count: number;
}

/** Dead letters by stream and reason, their messages, and the way back into their queues. */
export function DeadLetters(props: { route: Route }) {
    const { query } = props.route;
    const stream = query.get("stream");
    const reason = query.get("reason");
    const mayChange = isOperator(useObservable(session));
    const [round, setRound] = useState(0);
    const groups = useLoad(`groups ${round}`, (signal) => get<DeadLetterGroups>("/dead-letters", { maxAge: round > 0 ? 0 : undefined }, signal));
    const [move, setMove] = useState<Move | null>(null);

    const firstWaiting = groups.data?.waiting?.[0];

    async function requeue(): Promise<void> {
        const selection = move!.selection;
        setMove(null);
        try {
            const done = await post<DeadLetterMove>("/dead-letters/requeue", selection);
            const skipped = done.skipped ?? 0;
            announce(skipped > 0 ? t("dead.requeuedSkipped", { count: whole(done.moved), skipped: whole(skipped), why: done.why ?? "" }) : t("dead.requeued", { count: whole(done.moved) }));
        } catch (error) {
            complain(error);
        }

        setRound((old) => old + 1);
    }

    return (
        <>
            <Heading text={t("dead.title")}>
                <button onClick={() => setRound((old) => old + 1)}>{t("refresh")}</button>
            </Heading>
            {!mayChange && <p class="muted">{t("dead.operator")}</p>}
            <Waiting of={groups} />
            {groups.data && (
                <>
                    <p class="muted">{groups.data.total === 0 ? t("dead.none") : t("dead.total", { count: whole(groups.data.total), time: moment(groups.data.at) })}</p>
                    {firstWaiting && <p>{t("dead.waiting", { count: whole(groups.data.waiting!.length), stream: firstWaiting.stream, time: moment(firstWaiting.due) })}</p>}
                    {!groups.data.complete && <p>{t("dead.incomplete")}</p>}
                    {groups.data.groups.length > 0 && (
                        <div class="scroll" tabIndex={0} role="group" aria-label={t("dead.caption")}>
                            <table>
                                <caption class="visually-hidden">{t("dead.caption")}</caption>
                                <thead>
                                    <tr>
                                        <th scope="col">{t("stream")}</th>
                                        <th scope="col">{t("reason")}</th>
                                        <th scope="col" class="number">{t("count")}</th>
                                        <th scope="col">{t("oldest")}</th>
                                        <th scope="col">{t("newest")}</th>
                                        <th scope="col">{t("error")}</th>
                                        {mayChange && <th scope="col">{t("actions")}</th>}
                                    </tr>
                                </thead>
                                <tbody>
                                    {groups.data.groups.map((group) => (
                                        <tr key={`${group.stream} ${group.reason}`} class={group.stream === stream && group.reason === reason ? "chosen" : undefined}>
                                            <th scope="row">
                                                <Link href={address("/dead-letters", { stream: group.stream, reason: group.reason })}>{group.stream}</Link>
                                            </th>
                                            <td>{group.reason}</td>
                                            <td class="number">{whole(group.count)}</td>
                                            <td>{moment(group.oldest)}</td>
                                            <td>{moment(group.newest)}</td>
                                            <td class="long">{group.example}</td>
                                            {mayChange && (
                                                <td>
                                                    <button
                                                        aria-label={`${t("dead.requeueAll", { count: whole(group.count) })}: ${group.stream}, ${group.reason}`}
                                                        onClick={() => setMove({ selection: { stream: group.stream, reason: group.reason }, stream: group.stream, count: group.count })}
                                                    >
                                                        {t("dead.requeueAll", { count: whole(group.count) })}
                                                    </button>
                                                </td>
                                            )}
                                        </tr>
                                    ))}
                                </tbody>
                            </table>
                        </div>
                    )}
                </>
            )}
            {stream !== null && reason !== null && (
                <DeadLetterMessages key={`${stream} ${reason}`} stream={stream} reason={reason} round={round} mayChange={mayChange} onRequeue={(id) => setMove({ selection: { ids: [id] }, stream, count: 1 })} />
            )}
            {move !== null && (
                <Dialog title={t("dead.requeue.title", { count: whole(move.count) })} confirm={t("dead.requeue")} onClose={() => setMove(null)} onConfirm={() => void requeue()}>
                    <p>{t("dead.requeue.text", { stream: move.stream })}</p>
                </Dialog>
            )}
        </>
    );
}
