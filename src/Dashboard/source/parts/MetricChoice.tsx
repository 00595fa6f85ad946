import type { Metric } from "../api/types";
import { metricName, t } from "../i18n/language";

/** Chooses one of a page's metrics. */
export function MetricChoice(props: { metrics: Metric[]; value: string; onChoose: (column: string) => void }) {
    return (
        <label>
            {t("metric")}
            <select value={props.value} onChange={(event) => props.onChoose(event.currentTarget.value)}>
                {props.metrics.map((metric) => (
                    <option key={metric.column} value={metric.column}>
                        {metricName(metric.column)}
                    </option>
                ))}
            </select>
        </label>
    );
}
