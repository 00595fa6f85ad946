import { Observable } from "./observable";
import { THEME_KEY } from "./theme-key";

export type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");

function current(): Theme {
    const chosen = document.documentElement.dataset["theme"];
    return chosen === "light" || chosen === "dark" ? chosen : system.matches ? "dark" : "light";
}

/** The theme as it is seen: what was chosen, else what the system prefers. */
export const theme = new Observable<Theme>(current());

system.addEventListener("change", () => theme.set(current()));

export function toggleTheme(): void {
    const next: Theme = theme.value === "dark" ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem(THEME_KEY, next);
    theme.set(next);
}

/** A colour of the style sheet, for what is drawn rather than styled. */
export function colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
