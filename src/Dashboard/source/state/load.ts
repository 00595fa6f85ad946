import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { live } from "./live";

export interface Loaded<T> {
    data: T | null;
    error: string | null;
    reload: () => void;
}

/** How often what was loaded is looked at again while events come in. */
const REFRESH_MS = 5000;

/**
 * Loads when the key changes, and again while the node says that numbers move (`refresh`). What was there stays in
 * sight meanwhile; an answer that comes too late is dropped.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>, refresh = false): Loaded<T> {
    const [state, setState] = useState<{ key: string; data: T | null; error: string | null }>({ key, data: null, error: null });
    const loader = useRef(load);
    loader.current = load;
    const current = useRef<AbortController | null>(null);

    const run = useCallback(async () => {
        current.current?.abort();
        const abort = new AbortController();
        current.current = abort;
        try {
            const data = await loader.current(abort.signal);
            if (!abort.signal.aborted) {
                setState({ key, data, error: null });
            }
        } catch (error) {
            if (!abort.signal.aborted) {
                setState((old) => ({ key, data: old.key === key ? old.data : null, error: error instanceof Error ? error.message : String(error) }));
            }
        }
    }, [key]);

    useEffect(() => {
        void run();
        return () => current.current?.abort();
    }, [run]);
    useRefresh(refresh, () => void run());
    return { data: state.data, error: state.error, reload: () => void run() };
}

/** Calls again every few seconds as long as the node is heard. */
export function useRefresh(active: boolean, again: () => void): void {
    const latest = useRef(again);
    latest.current = again;
    useEffect(() => {
        if (!active) {
            return undefined;
        }

        let last = performance.now();
        return live.subscribe(() => {
            if (performance.now() - last >= REFRESH_MS) {
                last = performance.now();
                latest.current();
            }
        });
    }, [active]);
}
