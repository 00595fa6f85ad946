import type { Page } from "../api/types";
import { named, t } from "../i18n/language";

/** Chooses one of the catalog's pages. */
export function PageChoice(props: { pages: Page[]; value: string; onChoose: (name: string) => void }) {
    return (
        <label>
            {t("page")}
            <select value={props.value} onChange={(event) => props.onChoose(event.currentTarget.value)}>
                {props.pages.map((page) => (
                    <option key={page.name} value={page.name}>
                        {named("page", page.name)}
                    </option>
                ))}
            </select>
        </label>
    );
}
