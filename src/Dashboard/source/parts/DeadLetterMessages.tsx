import { useState } from "preact/hooks";
import { get } from "../api/client";
import type { DeadLetter, DeadLetterList, DeadLetterMove } from "../api/types";
import { bytes, moment, whole } from "../format";
import { t } from "../i18n/language";
import { useLoad } from "../state/load";
import { DeadLetterEditor } from "./DeadLetterEditor";
import { Dialog } from "./Dialog";
import { Scroll } from "./Scroll";
import { Waiting } from "./Waiting";

const PAGE_ROWS = 50;

/** How a dead letter leaves as it is. */
export const WAYS = ["requeue", "purge"] as const;
export type Way = (typeof WAYS)[number];

/** The dead letters of a stream and a reason, a page at a time. */
export function DeadLetterMessages(props: {
    stream: string;
    reason: string;
    round: number;
    mayChange: boolean;
    onChange: (way: Way, id: string) => void;
    onEdited: (move: DeadLetterMove) => void;
}) {
    const { stream, reason } = props;
    const [offset, setOffset] = useState(0);
    const [open, setOpen] = useState<string | null>(null);
    const [edited, setEdited] = useState<string | null>(null);
    const messages = useLoad(`${stream} ${reason} ${offset} ${props.round}`, (signal) => get<DeadLetterList>("/dead-letters/messages", { stream, reason, offset, limit: PAGE_ROWS }, signal));
    const title = t("dead.messages", { stream, reason });
    const list = messages.data;
    return (
        <section aria-labelledby="messages-title">
            <h2 id="messages-title">{title}</h2>
            <Waiting of={messages} />
            {list && (
                <>
                    <Scroll label={title}>
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">{t("received")}</th>
                                    <th scope="col">{t("error")}</th>
                                    <th scope="col" class="number">{t("size")}</th>
                                    {props.mayChange && <th scope="col">{t("actions")}</th>}
                                </tr>
                            </thead>
                            <tbody>
                                {list.items.map((item) => (
                                    <tr key={item.id} data-dead-letter={item.id}>
                                        <th scope="row">{moment(item.received)}</th>
                                        <td class="long">{item.error}</td>
                                        <td class="number">{bytes(item.bytes)}</td>
                                        {props.mayChange && (
                                            <td class="buttons">
                                                <button aria-label={`${t("dead.show")} ${item.id}`} onClick={() => setOpen(item.id)}>
                                                    {t("dead.show")}
                                                </button>
                                                <button aria-label={`${t("dead.edit")} ${item.id}`} onClick={() => setEdited(item.id)}>
                                                    {t("dead.edit")}
                                                </button>
                                                {WAYS.map((way) => (
                                                    <button key={way} aria-label={`${t(`dead.${way}`)} ${item.id}`} onClick={() => props.onChange(way, item.id)}>
                                                        {t(`dead.${way}`)}
                                                    </button>
                                                ))}
                                            </td>
                                        )}
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </Scroll>
                    <nav class="pager" aria-label={t("pager.label")}>
                        <button disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - PAGE_ROWS))}>
                            {t("pager.previous")}
                        </button>
                        <span>{t("pager.at", { from: whole(list.total === 0 ? 0 : list.offset + 1), to: whole(list.offset + list.items.length), total: whole(list.total) })}</span>
                        <button disabled={offset + PAGE_ROWS >= list.total} onClick={() => setOffset(offset + PAGE_ROWS)}>
                            {t("pager.next")}
                        </button>
                    </nav>
                </>
            )}
            {open !== null && <Details id={open} onClose={() => setOpen(null)} />}
            {edited !== null && (
                <DeadLetterEditor
                    id={edited}
                    onClose={() => setEdited(null)}
                    onDone={(move) => {
                        setEdited(null);
                        props.onEdited(move);
                    }}
                />
            )}
        </section>
    );
}

function Details(props: { id: string; onClose: () => void }) {
    const letter = useLoad(props.id, (signal) => get<DeadLetter>(`/dead-letters/messages/${props.id}`, {}, signal));
    const found = letter.data;
    return (
        <Dialog wide title={t("dead.details", { id: props.id })} onClose={props.onClose}>
            <Waiting of={letter} />
            {found && (
                <>
                    <p>{found.error}</p>
                    <h3>{t("dead.headers")}</h3>
                    <dl class="pairs">
                        {Object.entries(found.headers ?? {}).map(([name, value]) => (
                            <div key={name}>
                                <dt>{name}</dt>
                                <dd>{value}</dd>
                            </div>
                        ))}
                    </dl>
                    <h3>{t("dead.body")}</h3>
                    {found.body === null || found.body === undefined ? (
                        <>
                            <p class="muted">{t("dead.binary", { bytes: bytes(found.bytes) })}</p>
                            <pre tabIndex={0}>{found.bodyBase64}</pre>
                        </>
                    ) : (
                        <pre tabIndex={0}>{found.body}</pre>
                    )}
                </>
            )}
        </Dialog>
    );
}
