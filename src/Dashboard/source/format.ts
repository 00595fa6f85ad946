import { language, locale, t } from "./i18n/language";
import type { MetricKind, MetricValue } from "./api/types";
import { today, zone } from "./state/clock";

type Formats = { whole: Intl.NumberFormat; percent: Intl.NumberFormat; rate: Intl.NumberFormat; money: Intl.NumberFormat; compact: Intl.NumberFormat };

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

/** A point of time in the business zone with its offset, the same in all languages: 2026-03-02 16:00:00+08:00. */
export function moment(epochMs: number | null | undefined): string {
    if (epochMs === null || epochMs === undefined) {
        return "–";
    }

    const part = parts(epochMs);
    const offset = part["timeZoneName"]!.slice(3);
    return `${part["year"]}-${part["month"]}-${part["day"]} ${timeOf(part)}${offset === "" ? "+00:00" : offset}`;
}

/** The time of a day in the business zone, to the second. */
export function timeOfDay(epochMs: number): string {
    return timeOf(parts(epochMs));
}

/** A day, marked where it has not begun yet. */
export function dayMarked(day: string): string {
    return today.value !== "" && day > today.value ? t("day.ahead", { day }) : day;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function parts(epochMs: number): Record<string, string> {
    let clock = clocks.get(zone.value);
    if (clock === undefined) {
        clock = new Intl.DateTimeFormat("en-GB", {
            timeZone: zone.value,
            year: "numeric",
            month: "2-digit",
            day: "2-digit",
            hour: "2-digit",
            minute: "2-digit",
            second: "2-digit",
            hourCycle: "h23",
            timeZoneName: "longOffset",
        });
        clocks.set(zone.value, clock);
    }

    return Object.fromEntries(clock.formatToParts(epochMs).map((part) => [part.type, part.value]));
}

function timeOf(part: Record<string, string>): string {
    return `${part["hour"]}:${part["minute"]}:${part["second"]}`;
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

export function dayOf(epochSeconds: number): string {
    return new Date(epochSeconds * 1000).toISOString().slice(0, 10);
}
