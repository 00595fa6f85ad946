import type { BreakdownName } from "./api/types";
import { t } from "./i18n/language";

/** A value as the API takes it: TYPE:ID of a parent. */
export function valueOf(item: { value: string | null; valueId: number | null }): string {
    return item.valueId === null ? (item.value ?? "") : `${item.value ?? ""}:${item.valueId}`;
}

/** A value as people read it. That of events without one is the empty text, and 0. */
export function valueName(value: string): string {
    return value === "" || value === ":0" ? t("breakdown.nothing") : value;
}

export function breakdownNamed(name: string | null): BreakdownName {
    return name === "channel" || name === "qr-code" ? name : "parent";
}
