import { events, get, Refusal } from "../api/client";
import type { Live, LiveStream, PastRates } from "../api/types";
import { Observable } from "./observable";

export type Connection = "connecting" | "live" | "lost" | "busy";

/** How many seconds of rates are kept for the chart. */
const HISTORY_SECONDS = 600;
const RETRY_MS = [1000, 2000, 5000, 10_000];

export interface RatePoint {
    at: number;
    events: number;
    duplicates: number;
    deadLetters: number;
}

/** The node as it is now; null until its first word. */
export const live = new Observable<Live | null>(null);
export const connection = new Observable<Connection>("connecting");
export const history = new Observable<RatePoint[]>([]);
/** Nodes whose rates from before this page was opened are not in the history, and why. */
export const awayFromHistory = new Observable<Record<string, string>>({});

let abort: AbortController | null = null;
let failures = 0;

/** Listens until `stopLive`, through interruptions; not while nobody sees the tab. */
export function startLive(): void {
    if (abort !== null) {
        return;
    }

    abort = new AbortController();
    void listen(abort.signal);
}

export function stopLive(): void {
    abort?.abort();
    abort = null;
}

document.addEventListener("visibilitychange", () => {
    if (abort === null) {
        return;
    }

    // A hidden tab gives its place among the watchers back.
    abort.abort();
    abort = new AbortController();
    if (document.visibilityState === "visible") {
        failures = 0;
        void listen(abort.signal);
    }
});

async function listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
        try {
            await events("/live", signal, (event, data) => {
                hear(event, data);
                if (event === "snapshot") {
                    void recall(signal);
                }
            });
            connection.set("lost");
        } catch (error) {
            if (signal.aborted) {
                return;
            }

            if (error instanceof Refusal && error.status === 401) {
                abort = null;
                return;
            }

            connection.set(error instanceof Refusal && error.status === 429 ? "busy" : "lost");
        }

        const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!;
        failures++;
        await new Promise((resolve) => setTimeout(resolve, wait));
    }
}

/** Puts what the node kept before what was heard: what came before the page was opened, or while it was not in sight. */
async function recall(signal: AbortSignal): Promise<void> {
    // Without it the chart begins here, which is no fault of the numbers.
    const past = await get<PastRates>("/rates", {}, signal).catch(() => null);
    awayFromHistory.set(past?.away ?? {});
    const points = past?.points.map((point) => ({ ...point, at: point.at / 1000 })) ?? [];
    const heard = history.value;
    const known = new Set(heard.map((point) => Math.floor(point.at)));
    const since = (heard.at(-1)?.at ?? 0) - HISTORY_SECONDS;
    history.set([...points.filter((point) => point.at > since && !known.has(Math.floor(point.at))), ...heard].sort((one, other) => one.at - other.at));
}

function hear(event: string, data: string): void {
    if (event !== "snapshot" && event !== "delta") {
        return;
    }

    const change = JSON.parse(data) as Partial<Live>;
    const before = event === "snapshot" ? null : live.value;
    const next = merge(before, change);
    failures = 0;
    live.set(next);
    if (connection.value !== "live") {
        connection.set("live");
    }

    const point = { at: next.now / 1000, events: next.rates.events, duplicates: next.rates.duplicates, deadLetters: next.rates.deadLetters };
    const since = point.at - HISTORY_SECONDS;
    history.set([...history.value.filter((old) => old.at > since && old.at < point.at), point]);
}

/** What changed laid over what was: a delta names only that. */
function merge(before: Live | null, change: Partial<Live>): Live {
    const streams: Record<string, Partial<LiveStream>> = { ...before?.streams };
    for (const [name, stream] of Object.entries(change.streams ?? {})) {
        streams[name] = { ...streams[name], ...stream };
    }

    // Another day begins at nothing.
    const isSameDay = change.today === undefined || change.today === before?.today;
    return {
        ...before,
        ...change,
        streams,
        todayTotals: { ...(isSameDay ? before?.todayTotals : {}), ...change.todayTotals },
    } as Live;
}
