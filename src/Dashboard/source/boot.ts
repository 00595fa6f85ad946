// Runs before the first paint: a chosen theme must not flash the other one.
import { THEME_KEY } from "./state/theme-key";

const chosen = localStorage.getItem(THEME_KEY);
if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset["theme"] = chosen;
}
