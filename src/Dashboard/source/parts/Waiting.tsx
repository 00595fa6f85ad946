import type { Loaded } from "../state/load";
import { t } from "../i18n/language";

/** What stands where data will be: nothing yet, or what went wrong. */
export function Waiting(props: { of: Loaded<unknown> }) {
    const { data, error, reload } = props.of;
    if (error !== null) {
        return (
            <p class="failed" role="alert">
                {t("failed", { error })} <button onClick={reload}>{t("retry")}</button>
            </p>
        );
    }

    return data === null ? <p class="muted">{t("loading")}</p> : null;
}
