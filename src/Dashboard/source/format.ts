import { language, locale } from "./i18n/language";
import type { MetricKind, MetricValue } from "./api/types";

type Formats = { whole: Intl.NumberFormat; percent: Intl.NumberFormat; rate: Intl.NumberFormat; money: Intl.NumberFormat; compact: Intl.NumberFormat; time: Intl.DateTimeFormat };

const cache = new Map<string, Formats>();

function formats(): Formats {
    const name = locale();
    let found = cache.get(name);
    if (found === undefined) {
        found = {
            whole: new Intl.NumberFormat(name, { maximumFractionDigits: 0 }),
            percent: new Intl.NumberFormat(name, { style: "percent", maximumFractionDigits: 1 }),
            rate: new Intl.NumberFormat(name, { maximumFractionDigits: 1 }),
            money: new Intl.NumberFormat(name, { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" }),
            compact: new Intl.NumberFormat(name, { notation: "compact", maximumFractionDigits: 1 }),
            time: new Intl.DateTimeFormat(name, { dateStyle: "short", timeStyle: "medium" }),
        };
        cache.set(name, found);
    }

    return found;
}

export function whole(value: number | null | undefined): string {
    return value === null || value === undefined ? "–" : formats().whole.format(value);
}

/** A part of a whole; nothing where there is no whole. */
export function percent(part: number, whole: number): string {
    return whole === 0 ? "–" : formats().percent.format(part / whole);
}

export function rate(value: number | null | undefined): string {
    return value === null || value === undefined ? "–" : formats().rate.format(value);
}

export function compact(value: number): string {
    return formats().compact.format(value);
}

/** An amount comes as text and is shown to the last unit: it may be larger than a double holds. */
export function metric(value: MetricValue | null | undefined, kind: MetricKind): string {
    if (value === undefined || value === null) {
        return "–";
    }

    return kind === "amount" ? formats().money.format(value as unknown as number) : formats().whole.format(value as unknown as number);
}

/** As a number, for drawing alone. */
export function drawn(value: MetricValue | null | undefined): number {
    return value === undefined || value === null ? 0 : Number(value);
}

export function bytes(value: number | null | undefined): string {
    if (value === null || value === undefined) {
        return "–";
    }

    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    let left = value;
    while (left >= 1024 && unit < units.length - 1) {
        left /= 1024;
        unit++;
    }

    return `${formats().rate.format(left)} ${units[unit]}`;
}

export function moment(epochMs: number | null | undefined): string {
    return epochMs === null || epochMs === undefined ? "–" : formats().time.format(epochMs);
}

export function duration(seconds: number): string {
    const days = Math.floor(seconds / 86_400);
    const hours = Math.floor((seconds % 86_400) / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    const [d, h, m, s] = language.value === "zh" ? [" 天", " 小时", " 分", " 秒"] : [" d", " h", " min", " s"];
    return days > 0 ? `${days}${d} ${hours}${h}` : hours > 0 ? `${hours}${h} ${minutes}${m}` : minutes > 0 ? `${minutes}${m}` : `${Math.floor(seconds)}${s}`;
}

/** The day that lies some days before another; days are those of the node's zone, so no clock is asked. */
export function dayBefore(day: string, days: number): string {
    const date = new Date(`${day}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() - days);
    return date.toISOString().slice(0, 10);
}

export function epochOf(day: string): number {
    return Date.parse(`${day}T00:00:00Z`) / 1000;
}
