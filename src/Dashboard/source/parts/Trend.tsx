import type { Metric, Values } from "../api/types";
import { dayBefore, dayMarked, dayOf, drawn, epochOf, metric as write } from "../format";
import { metricName, t } from "../i18n/language";
import { Chart } from "./Chart";

const MAX_DAYS = 1000;

/** All days from one to another: a day without a row is a day of nothing. */
export function daysBetween(from: string, to: string): string[] {
    const days: string[] = [];
    for (let day = to; day >= from && days.length < MAX_DAYS; day = dayBefore(day, 1)) {
        days.push(day);
    }

    return days.reverse();
}

/** A metric over days. */
export function Trend(props: { metric: Metric; from: string; to: string; days: { day: string; values: Values }[]; onOpen?: (day: string) => void }) {
    const { metric, from, to } = props;
    const found = new Map(props.days.map((day) => [day.day, day.values[metric.column]]));
    const days = daysBetween(from, to);
    const name = metricName(metric.column);
    // A day without a row is one of nothing; what is null there is not known.
    const valueOf = (place: number) => write(found.has(days[place]!) ? found.get(days[place]!) : 0, metric.kind);
    return (
        <>
            <Chart
                daily
                caption={t("trend.chart", { metric: name, from, to })}
                at={days.map(epochOf)}
                lines={[{ name, colour: "accent", values: days.map((day) => (found.get(day) === null ? null : drawn(found.get(day)))) }]}
                moment={(seconds) => dayMarked(dayOf(seconds))}
                mark={(seconds) => dayOf(seconds).slice(5)}
                value={(_, place) => valueOf(place)}
                {...(props.onOpen && {
                    open: {
                        label: (_: number, place: number) => t("explain.open", { metric: name, day: days[place]!, value: valueOf(place) }),
                        onOpen: (_: number, place: number) => props.onOpen!(days[place]!),
                    },
                })}
            />
            {metric.kind === "distinct" && <p class="muted note">{t("trend.note")}</p>}
        </>
    );
}
