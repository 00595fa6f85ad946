import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/language";

/** A day is as long as this in ISO 8601. */
const DAY_LENGTH = 10;

/**
 * A day as it is written everywhere here, 2026-03-02, to be typed or chosen from the browser's calendar. The browser's own
 * field would write it as the browser's language does, whichever language is shown.
 */
export function DayInput(props: { label: string; value: string; isGood: (day: string) => boolean; onChoose: (day: string) => void }) {
    const [text, setText] = useState(props.value);
    const calendar = useRef<HTMLInputElement>(null);
    useLayoutEffect(() => setText(props.value), [props.value]);
    const isGood = isDay(text) && props.isGood(text);

    function take(day: string): void {
        setText(day);
        if (day !== props.value && isDay(day) && props.isGood(day)) {
            props.onChoose(day);
        }
    }

    return (
        <div class="day">
            <label>
                {props.label}
                <input
                    inputMode="numeric"
                    placeholder="YYYY-MM-DD"
                    maxLength={DAY_LENGTH}
                    value={text}
                    aria-invalid={!isGood}
                    onInput={(event) => take(event.currentTarget.value)}
                    onBlur={() => !isGood && setText(props.value)}
                />
            </label>
            <button type="button" aria-label={t("day.calendar", { field: props.label })} onClick={() => calendar.current!.showPicker()}>
                <span aria-hidden="true">▾</span>
            </button>
            <input ref={calendar} class="calendar" type="date" tabIndex={-1} aria-hidden="true" value={isDay(text) ? text : props.value} onChange={(event) => take(event.currentTarget.value)} />
        </div>
    );
}

function isDay(text: string): boolean {
    return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}
