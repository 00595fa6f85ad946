import { Observable, useObservable } from "../state/observable";
import { en, type Words } from "./en";
import { METRIC_NAMES } from "./metric-names";
import { zh } from "./zh";

export type Language = "en" | "zh";
export type Word = keyof typeof en;

const KEY = "dataload.language";
const DICTIONARIES: Record<Language, Words> = { en, zh };
const LOCALES: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

function first(): Language {
    const chosen = localStorage.getItem(KEY);
    if (chosen === "en" || chosen === "zh") {
        return chosen;
    }

    return navigator.languages.find((name) => /^(en|zh)/i.test(name))?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = new Observable<Language>(first());

function show(value: Language): void {
    document.documentElement.lang = LOCALES[value];
}

show(language.value);

export function toggleLanguage(): void {
    const next: Language = language.value === "en" ? "zh" : "en";
    localStorage.setItem(KEY, next);
    show(next);
    language.set(next);
}

export function useLanguage(): Language {
    return useObservable(language);
}

export function locale(): string {
    return LOCALES[language.value];
}

/** The words of a key, with what stands in braces filled in. */
export function t(key: Word, values: Record<string, string | number> = {}): string {
    return DICTIONARIES[language.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A word whose key is put together from data; the data itself where there is none. */
export function named(prefix: string, name: string): string {
    const words = DICTIONARIES[language.value] as Record<string, string>;
    return words[`${prefix}.${name}`] ?? name;
}

export function metricName(column: string): string {
    const at = language.value === "en" ? 0 : 1;
    const own = METRIC_NAMES[column];
    if (own !== undefined) {
        return own[at];
    }

    const plain = column.startsWith("vip_") ? METRIC_NAMES[column.slice(4)] : undefined;
    return plain === undefined ? column : t("vip", { name: plain[at] });
}
