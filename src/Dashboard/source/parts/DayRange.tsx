import { dayBefore, dayMarked } from "../format";
import { named, t } from "../i18n/language";
import { today } from "../state/clock";
import { useObservable } from "../state/observable";
import { amend } from "../state/route";
import { DayInput } from "./DayInput";

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
            <DayInput label={t("from")} value={props.from} isGood={(day) => day <= props.to} onChoose={(from) => amend({ from, to: props.to, at: null })} />
            <DayInput label={t("to")} value={props.to} isGood={(day) => day >= props.from} onChoose={(to) => amend({ from: props.from, to, at: null })} />
            {props.to > last && <span class="muted">{dayMarked(props.to)}</span>}
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
