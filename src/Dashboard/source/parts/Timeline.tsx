import type { SessionEvent } from "../api/types";
import { moment } from "../format";
import { t } from "../i18n/language";
import { Scroll } from "./Scroll";

const LANE = 34;
const LABELS = 190;
const WIDTH = 960;
const TOP = 26;
const MARGIN = 22;

/** The least distance of two events that follow each other: what happens in the same second stays apart. */
const STEP = 14;

interface Place {
    x: number;
    lane: number;
    parent: number | null;
}

/**
 * Events from left to right in their order, a line for each page and topic that they are on or come from; a branch leads from
 * the line of the parent to the topic's. All that it says stands in the table below it, so it is one picture to a screen reader.
 */
export function Timeline(props: { items: SessionEvent[] }) {
    const { items } = props;
    const lanes = lanesOf(items);
    const names = [...lanes.keys()];
    const places = placesOf(items, lanes);
    const width = Math.max(WIDTH, (places.at(-1)?.x ?? 0) + MARGIN);
    const height = TOP + names.length * LANE;
    const first = items[0]!.event.time;
    const last = items.at(-1)!.event.time;
    return (
        <figure class="timeline">
            <figcaption>{t("trace.drawn", { from: moment(first), to: moment(last) })}</figcaption>
            <Scroll label={t("trace.picture")}>
                <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t("trace.summary", { events: items.length, topics: names.length })}>
                    {names.map((name, lane) => (
                        <g key={name} class="lane">
                            <line x1={LABELS} x2={width} y1={y(lane)} y2={y(lane)} />
                            <text x={4} y={y(lane) + 4}>
                                {short(name)}
                                <title>{name}</title>
                            </text>
                        </g>
                    ))}
                    {places.map((place, i) =>
                        place.parent === null ? null : <path key={`branch ${i}`} class="branch" d={branch(place.x, y(place.parent), y(place.lane))} />,
                    )}
                    <path class="way" d={places.map((place, i) => `${i === 0 ? "M" : "L"}${place.x} ${y(place.lane)}`).join(" ")} />
                    {places.map((place, i) => (
                        <circle key={`event ${i}`} class="event" data-event={i} cx={place.x} cy={y(place.lane)} r={5}>
                            <title>{`${moment(items[i]!.event.time)} ${items[i]!.event.stream}`}</title>
                        </circle>
                    ))}
                </svg>
            </Scroll>
        </figure>
    );
}

function y(lane: number): number {
    return TOP + lane * LANE;
}

/** From the parent's line, a little before the event, in a bow to the event. */
function branch(x: number, from: number, to: number): string {
    const start = x - STEP + 2;
    return `M${start} ${from} C${x} ${from} ${start} ${to} ${x} ${to}`;
}

function short(name: string): string {
    const letters = [...name];
    return letters.length > 24 ? `${letters.slice(0, 23).join("")}…` : name;
}

/** A line for each topic and each parent, in the order in which the session comes to them. */
function lanesOf(items: SessionEvent[]): Map<string, number> {
    const lanes = new Map<string, number>();
    for (const { event } of items) {
        for (const name of [parentOf(event), `${event.type}:${event.id}`]) {
            if (name !== null && !lanes.has(name)) {
                lanes.set(name, lanes.size);
            }
        }
    }

    return lanes;
}

/** By their time, but never closer to each other than can be told apart. */
function placesOf(items: SessionEvent[], lanes: Map<string, number>): Place[] {
    const first = items[0]!.event.time;
    const span = Math.max(1, items.at(-1)!.event.time - first);
    const room = Math.max(0, WIDTH - LABELS - 2 * MARGIN - items.length * STEP);
    return items.map(({ event }, i) => {
        const parent = parentOf(event);
        return {
            x: LABELS + MARGIN + i * STEP + ((event.time - first) / span) * room,
            lane: lanes.get(`${event.type}:${event.id}`)!,
            parent: parent === null ? null : lanes.get(parent)!,
        };
    });
}

function parentOf(event: SessionEvent["event"]): string | null {
    return event.parentType || event.parentId !== null ? `${event.parentType ?? ""}:${event.parentId ?? 0}` : null;
}
