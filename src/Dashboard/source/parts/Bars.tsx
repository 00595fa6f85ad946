import { t } from "../i18n/language";

export interface Bar {
    name: string;
    /** From 0 to 1. */
    share: number;
    value: string;
}

/** Bars beneath each other, each with its name and number. A table beside them says the same, so they are one picture to a screen reader. */
export function Bars(props: { caption: string; bars: Bar[] }) {
    return (
        <figure class="bars">
            <figcaption>{props.caption}</figcaption>
            <div role="img" aria-label={t("bars.summary", { caption: props.caption })}>
                {props.bars.map((bar, i) => (
                    <div key={i} class="bar">
                        <span class="name" title={bar.name}>
                            {bar.name}
                        </span>
                        <span class="track">
                            <span class="fill" style={{ width: `${100 * Math.min(1, Math.max(0, bar.share))}%` }} />
                        </span>
                        <span class="amount">{bar.value}</span>
                    </div>
                ))}
            </div>
        </figure>
    );
}
