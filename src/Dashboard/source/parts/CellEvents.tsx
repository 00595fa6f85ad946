import { get } from "../api/client";
import type { CellDetails, CellEvent, Metric } from "../api/types";
import { valueName } from "../breakdown";
import { metric as write, moment, whole } from "../format";
import { metricName, named, t } from "../i18n/language";
import { useLoad } from "../state/load";
import { address } from "../state/route";
import { Dialog } from "./Dialog";
import { Link } from "./Link";
import { PlacePager, usePlaces } from "./Pager";
import { Scroll } from "./Scroll";
import { Waiting } from "./Waiting";

const PAGE_ROWS = 50;

export interface CellPlace {
    page: string;
    type: string;
    id: number;
    day: string;
    metric: Metric;
    /** The part of one value of a breakdown, as NAME=VALUE. */
    by?: string;
}

/** The events that made a cell, a page at a time, and their sum beside what the table holds. */
export function CellEvents(props: { cell: CellPlace; onClose: () => void }) {
    const { page, type, id, day, metric, by } = props.cell;
    const places = usePlaces();
    const after = places.after;
    const found = useLoad(after ?? "", (signal) => get<CellDetails>("/explain", { page, type, id, day, column: metric.column, by, after, limit: PAGE_ROWS }, signal));
    const cell = found.data;
    return (
        <Dialog wide title={t("explain.title", { metric: metricName(metric.column), type, id, day }) + (by === undefined ? "" : ` · ${partName(by)}`)} onClose={props.onClose}>
            <Waiting of={found} />
            {cell && (
                <>
                    <p role="status" class={cell.complete ? undefined : "badge warn"} data-complete={cell.complete}>
                        {t("explain.sum", { events: whole(cell.events), added: write(cell.added, metric.kind), value: write(cell.value, metric.kind), table: cell.table === null ? "–" : write(cell.table, metric.kind) })}
                        {cell.why !== null && ` ${cell.why}`}
                    </p>
                    <Scroll label={t("explain.events")}>
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">{t("time")}</th>
                                    <th scope="col">{t("explain.stream")}</th>
                                    <th scope="col" class="number">
                                        {t("explain.added")}
                                    </th>
                                    <th scope="col" class="number">
                                        {t("explain.value")}
                                    </th>
                                    <th scope="col">{t("explain.user")}</th>
                                    <th scope="col">{t("explain.session")}</th>
                                    <th scope="col">{t("explain.parent")}</th>
                                    <th scope="col">{t("explain.channel")}</th>
                                    <th scope="col">{t("explain.code")}</th>
                                    <th scope="col">{t("explain.place")}</th>
                                </tr>
                            </thead>
                            <tbody>
                                {cell.items.map((item) => (
                                    <Row key={placeOf(item)} item={item} metric={metric} />
                                ))}
                            </tbody>
                        </table>
                    </Scroll>
                    <PlacePager places={places} next={cell.next} />
                </>
            )}
        </Dialog>
    );
}

function Row(props: { item: CellEvent; metric: Metric }) {
    const { added, value, event } = props.item;
    const parent = event.parentType || event.parentId !== null ? `${event.parentType ?? ""}:${event.parentId ?? 0}` : "";
    return (
        <tr>
            <th scope="row">{moment(event.time)}</th>
            <td>{event.stream}</td>
            <td class="number">{write(added, props.metric.kind)}</td>
            <td class="number">{write(value, props.metric.kind)}</td>
            <td>{event.userId === 0 ? "–" : event.userId}</td>
            <td class="long">{event.session === "" ? "" : <Link href={address("/trace", { session: event.session })}>{event.session}</Link>}</td>
            <td>{parent}</td>
            <td>{event.channelType}</td>
            <td>{event.qrCode}</td>
            <td class="muted">{placeOf(props.item)}</td>
        </tr>
    );
}

/** What comes before the first equals sign is the breakdown; a value may hold others. */
function partName(by: string): string {
    const equals = by.indexOf("=");
    return `${named("breakdown", by.slice(0, equals))}: ${valueName(by.slice(equals + 1))}`;
}

function placeOf(item: CellEvent): string {
    return `${item.event.shard}/${item.event.sequenceNr}.${item.event.index}`;
}
