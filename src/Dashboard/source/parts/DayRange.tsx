import { dayBefore } from "../format";
import { named, t } from "../i18n/language";
import { today } from "../state/catalog";
import { useObservable } from "../state/observable";
import { amend } from "../state/route";

const SPANS = [1, 7, 30, 90];

/** The days that a view's query names, else the last few. */
export function daysOf(query: URLSearchParams, span: number): { from: string; to: string } {
    const to = query.get("to") ?? today.value;
    return { from: query.get("from") ?? dayBefore(to, span - 1), to };
}

/** Chooses the first and last day, by hand or by a span that ends today. */
export function DayRange(props: { from: string; to: string }) {
    const last = useObservable(today);
    return (
        <fieldset class="range">
            <legend class="visually-hidden">{t("range")}</legend>
            <label>
                {t("from")}
                <input type="date" value={props.from} max={props.to} onChange={(event) => event.currentTarget.value && amend({ from: event.currentTarget.value, to: props.to, at: null })} />
            </label>
            <label>
                {t("to")}
                <input type="date" value={props.to} min={props.from} onChange={(event) => event.currentTarget.value && amend({ from: props.from, to: event.currentTarget.value, at: null })} />
            </label>
            <div class="spans">
                {SPANS.map((span) => {
                    const from = dayBefore(last, span - 1);
                    const isChosen = props.to === last && props.from === from;
                    return (
                        <button key={span} type="button" aria-pressed={isChosen} onClick={() => amend({ from, to: last, at: null })}>
                            {named("range", String(span))}
                        </button>
                    );
                })}
            </div>
        </fieldset>
    );
}
