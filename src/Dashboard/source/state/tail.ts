import { useEffect, useRef, useState } from "preact/hooks";
import { events, Refusal } from "../api/client";
import type { CountedEvent } from "../api/types";
import { address, type Query } from "./route";

/** How many events are in sight: the tail of a busy node must not grow in the browser. */
export const MAX_TAIL = 200;

const RETRY_MS = 3000;

/** How often what came is drawn: eyes need no more, and each event by itself would keep the browser busy. */
const DRAW_MS = 250;

export interface Tail {
    /** The newest first. */
    shown: CountedEvent[];
    /** How many came while it is paused. */
    held: number;
    /** How many the node left out, since they came faster than it shows them. */
    dropped: number;
    /** Nodes that are not heard, and why. */
    away: Record<string, string>;
    error: string | null;
}

const NOTHING: Tail = { shown: [], held: 0, dropped: 0, away: {}, error: null };

/** Events as they are counted. While it is paused what is in sight stays, and what comes is held for afterwards. */
export function useTail(query: Query, isPaused: boolean): Tail {
    const path = address("/tail", query);
    const [tail, setTail] = useState<Tail>(NOTHING);
    const latest = useRef<Tail>(NOTHING);
    const held = useRef<CountedEvent[]>([]);
    const paused = useRef(isPaused);
    paused.current = isPaused;
    const draw = useRef<() => void>(() => undefined);

    useEffect(() => {
        let abort = new AbortController();
        let isDirty = true;
        latest.current = NOTHING;
        held.current = [];
        draw.current = () => {
            isDirty = true;
        };
        const timer = setInterval(() => {
            if (isDirty) {
                isDirty = false;
                const { shown } = latest.current;
                if (!paused.current) {
                    latest.current = { ...latest.current, shown: [...held.current, ...shown].slice(0, MAX_TAIL), held: 0 };
                    held.current = [];
                }

                setTail(latest.current);
            }
        }, DRAW_MS);
        const change = (part: Partial<Tail>) => {
            latest.current = { ...latest.current, ...part };
            isDirty = true;
        };
        const hear = (event: string, data: string) => {
            if (event === "counted") {
                held.current = [JSON.parse(data) as CountedEvent, ...held.current].slice(0, MAX_TAIL);
                change({ held: latest.current.held + 1, error: null });
            } else if (event === "dropped") {
                change({ dropped: latest.current.dropped + (JSON.parse(data) as { count: number }).count });
            } else if (event === "away") {
                const { node, why } = JSON.parse(data) as { node: string; why: string };
                change({ away: { ...latest.current.away, [node]: why } });
            }
        };
        const begin = () => {
            abort = new AbortController();
            void listen(path, abort.signal, hear, (error) => change({ error }));
        };
        // A hidden tab gives its place among the watchers back.
        const look = () => {
            abort.abort();
            if (document.visibilityState === "visible") {
                begin();
            }
        };
        document.addEventListener("visibilitychange", look);
        look();
        return () => {
            document.removeEventListener("visibilitychange", look);
            clearInterval(timer);
            abort.abort();
        };
    }, [path]);
    useEffect(() => draw.current(), [isPaused]);
    return tail;
}

async function listen(path: string, signal: AbortSignal, hear: (event: string, data: string) => void, failed: (error: string) => void): Promise<void> {
    while (!signal.aborted) {
        try {
            await events(path, signal, hear);
        } catch (error) {
            if (signal.aborted) {
                return;
            }

            failed(error instanceof Error ? error.message : String(error));
            if (error instanceof Refusal && error.status < 500 && error.status !== 429) {
                // The same would be refused again.
                return;
            }
        }

        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
}
