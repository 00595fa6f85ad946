import { useState } from "preact/hooks";
import type { Catalog, CountedEvent } from "../api/types";
import { moment, whole } from "../format";
import { t } from "../i18n/language";
import { Heading } from "../parts/Heading";
import { Link } from "../parts/Link";
import { Scroll } from "../parts/Scroll";
import { useObservable } from "../state/observable";
import { address, amend, type Route } from "../state/route";
import { maySeePeople, session } from "../state/session";
import { MAX_TAIL, useTail } from "../state/tail";

/** Events as they are counted on all nodes, the newest first; people only where they are asked for, since that is written to the audit log. */
export function Tail(props: { route: Route; catalog: Catalog }) {
    const { query } = props.route;
    const maySee = maySeePeople(useObservable(session));
    const stream = query.get("stream") ?? "";
    const topic = query.get("topic") ?? "";
    const users = maySee && query.get("users") === "true";
    const [isPaused, setIsPaused] = useState(false);
    const place = topic.lastIndexOf(":");
    const tail = useTail({ stream, type: place < 0 ? topic : topic.slice(0, place), id: place < 0 ? "" : topic.slice(place + 1), users: users ? "true" : null }, isPaused);
    return (
        <>
            <Heading text={t("tail.title")} />
            <p class="muted">{t("tail.what", { count: whole(MAX_TAIL) })}</p>
            <div class="controls">
                <label>
                    {t("stream")}
                    <select value={stream} onChange={(event) => amend({ stream: event.currentTarget.value })}>
                        <option value="">{t("tail.allStreams")}</option>
                        {props.catalog.streams.map((one) => (
                            <option key={one.name}>{one.name}</option>
                        ))}
                    </select>
                </label>
                <TopicChoice key={topic} topic={topic} />
                {maySee && (
                    <label>
                        {t("tail.users")}
                        <input type="checkbox" checked={users} onChange={(event) => amend({ users: event.currentTarget.checked ? "true" : null })} />
                    </label>
                )}
                <button aria-pressed={isPaused} onClick={() => setIsPaused(!isPaused)}>
                    {t("tail.pause")}
                </button>
            </div>
            {tail.error !== null && (
                <p class="failed" role="alert">
                    {tail.error}
                </p>
            )}
            {Object.entries(tail.away).map(([node, why]) => (
                <p key={node} class="why">
                    {t("tail.away", { node, why })}
                </p>
            ))}
            <p class="muted">
                {isPaused ? t("tail.paused", { count: whole(tail.held) }) : tail.shown.length === 0 ? t("tail.none") : t("tail.shown", { count: whole(tail.shown.length) })}
                {tail.dropped > 0 && ` ${t("tail.dropped", { count: whole(tail.dropped) })}`}
            </p>
            {tail.shown.length > 0 && (
                <Scroll label={t("tail.title")}>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">{t("time")}</th>
                                <th scope="col">{t("stream")}</th>
                                <th scope="col">{t("topic")}</th>
                                <th scope="col">{t("explain.parent")}</th>
                                <th scope="col">{t("explain.channel")}</th>
                                <th scope="col">{t("explain.code")}</th>
                                {users && <th scope="col">{t("explain.user")}</th>}
                                {users && <th scope="col">{t("explain.session")}</th>}
                                <th scope="col">{t("tail.facts")}</th>
                                <th scope="col">{t("explain.place")}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {tail.shown.map((event) => (
                                <Row key={placeOf(event)} event={event} users={users} />
                            ))}
                        </tbody>
                    </table>
                </Scroll>
            )}
        </>
    );
}

function Row(props: { event: CountedEvent; users: boolean }) {
    const { event } = props;
    return (
        <tr data-event={placeOf(event)}>
            <th scope="row">{moment(event.time)}</th>
            <td>{event.stream}</td>
            <td>
                <Link href={address("/topic", { type: event.type, id: event.id, from: event.day, to: event.day })}>{`${event.type}:${event.id}`}</Link>
            </td>
            <td>{event.parentType || event.parentId !== null ? `${event.parentType ?? ""}:${event.parentId ?? 0}` : ""}</td>
            <td>{event.channelType}</td>
            <td>{event.qrCode}</td>
            {props.users && <td>{event.userId === 0 ? "–" : event.userId}</td>}
            {props.users && <td>{event.session}</td>}
            <td>
                {Object.entries(event.facts)
                    .map(([name, value]) => `${name} ${value}`)
                    .join(", ")}
            </td>
            <td class="muted">{placeOf(event)}</td>
        </tr>
    );
}

/** Asked for when it is sent: half a topic is none. */
function TopicChoice(props: { topic: string }) {
    const [text, setText] = useState(props.topic);
    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                amend({ topic: text.trim() });
            }}
        >
            <label>
                {t("tail.topic")}
                <input type="search" maxLength={100} placeholder={t("question.topics.hint")} value={text} onInput={(event) => setText(event.currentTarget.value)} onChange={() => amend({ topic: text.trim() })} />
            </label>
        </form>
    );
}

function placeOf(event: CountedEvent): string {
    return `${event.shard}/${event.sequenceNr}.${event.index}`;
}
