import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { compact } from "../format";
import { t, useLanguage } from "../i18n/language";
import { zone } from "../state/clock";
import { useObservable } from "../state/observable";
import { colour, theme } from "../state/theme";
import { Scroll } from "./Scroll";

export interface Line {
    name: string;
    /** A colour of the style sheet. */
    colour: string;
    /** Null where it is not known. */
    values: (number | null)[];
}

const HEIGHT = 240;

/** How far apart marks of the axis are: no less than what they say, else two would say the same. */
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const DAYS = [1, 2, 7, 14, 30, 90].map((days) => days * 86_400);

/** Lines over time, drawn on a canvas; the same numbers as a table for those who do not see it. */
export function Chart(props: {
    caption: string;
    /** Seconds since the epoch. */
    at: number[];
    lines: Line[];
    /** How a moment is written below the chart's lines and in the table. */
    moment: (seconds: number) => string;
    /** How it is written at the axis, where there is less room. */
    mark: (seconds: number) => string;
    /** How a value is written: by line and place, so that an exact one can be shown. */
    value: (line: number, place: number) => string;
    /** Whether moments are days: their marks fall on days. */
    daily?: boolean;
    /** Opens a value of the table, where that may be done; with the label of what opens it. */
    open?: { label: (line: number, place: number) => string; onOpen: (line: number, place: number) => void };
}) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const latest = useRef(props);
    latest.current = props;
    const [place, setPlace] = useState<number | null>(null);
    const [isOpen, setIsOpen] = useState(false);
    const shade = useObservable(theme);
    const words = useLanguage();
    const shape = props.lines.map((line) => line.name).join("|");

    useEffect(() => {
        const made = new uPlot(options(box.current!.clientWidth || 600, latest.current, () => latest.current, setPlace), data(latest.current), box.current!);
        plot.current = made;
        const sizes = new ResizeObserver(() => made.setSize({ width: box.current!.clientWidth, height: HEIGHT }));
        sizes.observe(box.current!);
        return () => {
            sizes.disconnect();
            made.destroy();
            plot.current = null;
        };
    }, [shade, words, shape, props.daily]);
    useEffect(() => {
        plot.current?.setData(data(props));
    }, [props.at, props.lines]);

    const shown = place !== null && place < props.at.length ? place : props.at.length - 1;
    return (
        <figure class="chart">
            <figcaption>{props.caption}</figcaption>
            <div ref={box} class="plot" role="img" aria-label={props.caption} />
            <ul class="legend" aria-hidden="true">
                {shown >= 0 && <li>{props.moment(props.at[shown]!)}</li>}
                {props.lines.map((line, i) => (
                    <li key={line.name}>
                        <span class={`swatch ${line.colour}`} />
                        {line.name} <b>{shown >= 0 ? props.value(i, shown) : "–"}</b>
                    </li>
                ))}
            </ul>
            <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
                <summary>{t("chart.table")}</summary>
                {isOpen && (
                    <Scroll label={props.caption}>
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">{props.daily ? t("day") : t("time")}</th>
                                    {props.lines.map((line) => (
                                        <th key={line.name} scope="col" class="number">
                                            {line.name}
                                        </th>
                                    ))}
                                </tr>
                            </thead>
                            <tbody>
                                {props.at.map((at, i) => (
                                    <tr key={at}>
                                        <th scope="row">{props.moment(at)}</th>
                                        {props.lines.map((line, l) => (
                                            <td key={line.name} class="number">
                                                {props.open ? (
                                                    <button class="plain" aria-label={props.open.label(l, i)} onClick={() => props.open!.onOpen(l, i)}>
                                                        {props.value(l, i)}
                                                    </button>
                                                ) : (
                                                    props.value(l, i)
                                                )}
                                            </td>
                                        ))}
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </Scroll>
                )}
            </details>
        </figure>
    );
}

function data(props: { at: number[]; lines: Line[] }): uPlot.AlignedData {
    return [props.at, ...props.lines.map((line) => line.values)];
}

function options(
    width: number,
    props: { lines: Line[]; daily?: boolean },
    current: () => { mark: (seconds: number) => string },
    hover: (place: number | null) => void,
): uPlot.Options {
    const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px system-ui, sans-serif" };
    return {
        width,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), props.daily ? "Etc/UTC" : zone.value),
        scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [
            { ...axis, space: 90, incrs: props.daily ? DAYS : SECONDS, values: (_, splits) => splits.map(current().mark) },
            { ...axis, size: 60, values: (_, splits) => splits.map(compact) },
        ],
        series: [
            {},
            ...props.lines.map((line) => ({
                label: line.name,
                stroke: colour(line.colour),
                width: 2,
                ...(line.colour === "accent" ? { fill: colour("accent-faint") } : {}),
            })),
        ],
        hooks: { setCursor: [(self: uPlot) => hover(self.cursor.idx ?? null)] },
    };
}
