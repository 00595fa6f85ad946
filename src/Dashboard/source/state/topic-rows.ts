import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api/client";
import type { TopicList, TopicRow } from "../api/types";
import { useRefresh } from "./load";

/** What the node sends at once. */
const CHUNK = 100;

/** How many chunks are kept: scrolling through a million topics must not keep a million rows. */
const MAX_CHUNKS = 20;

export interface TopicRows {
    total: number | null;
    error: string | null;
    /** What the numbers of the rows in sight lack. */
    why: string | null;
    row: (index: number) => TopicRow | undefined;
}

/** The rows of a list that are in sight, fetched by chunks as they come into sight. */
export function useTopicRows(query: Record<string, string>, first: number, last: number): TopicRows {
    const key = JSON.stringify(query);
    const state = useRef<{ key: string; chunks: Map<number, TopicList>; total: number | null; error: string | null }>({ key, chunks: new Map(), total: null, error: null });
    const [, render] = useState(0);
    if (state.current.key !== key) {
        // The old total stays until the new one is known, so that the list does not jump.
        state.current = { key, chunks: new Map(), total: state.current.total, error: null };
    }

    const from = Math.floor(first / CHUNK);
    const to = Math.floor(Math.max(first, last) / CHUNK);
    const pending = useRef(new Map<string, AbortController>());

    function fetchChunk(chunk: number, isAgain: boolean): void {
        const own = state.current;
        const name = `${own.key} ${chunk}`;
        if (pending.current.has(name) || (!isAgain && own.chunks.has(chunk))) {
            return;
        }

        const abort = new AbortController();
        pending.current.set(name, abort);
        get<TopicList>("/counters", { ...query, offset: chunk * CHUNK, limit: CHUNK }, abort.signal)
            .then((list) => {
                own.chunks.delete(chunk);
                own.chunks.set(chunk, list);
                own.total = list.total;
                own.error = null;
                for (const old of own.chunks.keys()) {
                    if (own.chunks.size <= MAX_CHUNKS) {
                        break;
                    }

                    own.chunks.delete(old);
                }
            })
            .catch((error: unknown) => {
                if (!abort.signal.aborted) {
                    own.error = error instanceof Error ? error.message : String(error);
                }
            })
            .finally(() => {
                pending.current.delete(name);
                render((count) => count + 1);
            });
    }

    useEffect(() => {
        // What is no longer in sight need not come.
        for (const [name, abort] of pending.current) {
            const chunk = Number(name.slice(name.lastIndexOf(" ") + 1));
            if (!name.startsWith(`${key} `) || chunk < from || chunk > to) {
                abort.abort();
                pending.current.delete(name);
            }
        }

        for (let chunk = from; chunk <= to; chunk++) {
            fetchChunk(chunk, false);
        }
    }, [key, from, to]);
    useEffect(
        () => () => {
            for (const abort of pending.current.values()) {
                abort.abort();
            }
        },
        [],
    );
    useRefresh(true, () => {
        for (let chunk = from; chunk <= to; chunk++) {
            fetchChunk(chunk, true);
        }
    });

    return {
        total: state.current.total,
        error: state.current.error,
        why: state.current.chunks.get(from)?.why ?? state.current.chunks.get(to)?.why ?? null,
        row: (index) => state.current.chunks.get(Math.floor(index / CHUNK))?.items[index % CHUNK],
    };
}
