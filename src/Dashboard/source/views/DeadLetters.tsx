import { useState } from "preact/hooks";
import { get, post } from "../api/client";
import type { DeadLetterGroups, DeadLetterMove, DeadLetterSelection } from "../api/types";
import { DeadLetterMessages, WAYS, type Way } from "../parts/DeadLetterMessages";
import { Dialog } from "../parts/Dialog";
import { Heading } from "../parts/Heading";
import { Link } from "../parts/Link";
import { Scroll } from "../parts/Scroll";
import { Waiting } from "../parts/Waiting";
import { moment, whole } from "../format";
import { t } from "../i18n/language";
import { announce, complain } from "../state/announcement";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";
import { address, type Route } from "../state/route";
import { isOperator, session } from "../state/session";

interface Change {
    way: Way;
    selection: DeadLetterSelection;
    stream: string;
    count: number;
}

/** Dead letters by stream and reason, their messages, and their ways out: corrected or as they are back into their queues, or gone for good. */
export function DeadLetters(props: { route: Route }) {
    const { query } = props.route;
    const stream = query.get("stream");
    const reason = query.get("reason");
    const mayChange = isOperator(useObservable(session));
    const [round, setRound] = useState(0);
    const groups = useLoad(`groups ${round}`, (signal) => get<DeadLetterGroups>("/dead-letters", { maxAge: round > 0 ? 0 : undefined }, signal));
    const [change, setChange] = useState<Change | null>(null);

    const firstWaiting = groups.data?.waiting?.[0];

    const again = () => setRound((old) => old + 1);

    async function carryOut({ way, selection, count }: Change): Promise<void> {
        setChange(null);
        try {
            announce(
                way === "purge"
                    ? t("dead.purged", { count: whole((await post<DeadLetterMove>("/dead-letters/purge", { ...selection, confirm: count })).moved) })
                    : requeued(await post<DeadLetterMove>("/dead-letters/requeue", selection)),
            );
        } catch (error) {
            complain(error);
        }

        again();
    }

    return (
        <>
            <Heading text={t("dead.title")}>
                <button onClick={again}>{t("refresh")}</button>
            </Heading>
            {!mayChange && <p class="muted">{t("dead.operator")}</p>}
            <Waiting of={groups} />
            {groups.data && (
                <>
                    <p class="muted">{groups.data.total === 0 ? t("dead.none") : t("dead.total", { count: whole(groups.data.total), time: moment(groups.data.at) })}</p>
                    {firstWaiting && <p>{t("dead.waiting", { count: whole(groups.data.waiting!.length), stream: firstWaiting.stream, time: moment(firstWaiting.due) })}</p>}
                    {!groups.data.complete && <p>{t("dead.incomplete")}</p>}
                    {groups.data.groups.length > 0 && (
                        <Scroll label={t("dead.caption")}>
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
                                                <td class="buttons">
                                                    {WAYS.map((way) => (
                                                        <button
                                                            key={way}
                                                            aria-label={`${t(`dead.${way}All`, { count: whole(group.count) })}: ${group.stream}, ${group.reason}`}
                                                            onClick={() => setChange({ way, selection: { stream: group.stream, reason: group.reason }, stream: group.stream, count: group.count })}
                                                        >
                                                            {t(`dead.${way}All`, { count: whole(group.count) })}
                                                        </button>
                                                    ))}
                                                </td>
                                            )}
                                        </tr>
                                    ))}
                                </tbody>
                            </table>
                        </Scroll>
                    )}
                </>
            )}
            {stream !== null && reason !== null && (
                <DeadLetterMessages
                    key={`${stream} ${reason}`}
                    stream={stream}
                    reason={reason}
                    round={round}
                    mayChange={mayChange}
                    onChange={(way, id) => setChange({ way, selection: { ids: [id] }, stream, count: 1 })}
                    onEdited={(move) => {
                        announce(requeued(move));
                        again();
                    }}
                />
            )}
            {change !== null && (
                <Dialog title={t(`dead.${change.way}.title`, { count: whole(change.count) })} confirm={t(`dead.${change.way}`)} onClose={() => setChange(null)} onConfirm={() => void carryOut(change)}>
                    <p>{t(`dead.${change.way}.text`, { stream: change.stream })}</p>
                </Dialog>
            )}
        </>
    );
}

function requeued(move: DeadLetterMove): string {
    const skipped = move.skipped ?? 0;
    return skipped > 0 ? t("dead.requeuedSkipped", { count: whole(move.moved), skipped: whole(skipped), why: move.why ?? "" }) : t("dead.requeued", { count: whole(move.moved) });
}
