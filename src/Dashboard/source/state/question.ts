import { useEffect, useRef, useState } from "preact/hooks";
import type { Step } from "../api/client";

export type Answer<T> =
    | { state: "none" }
    /** Since when, as performance.now() has it. */
    | { state: "running"; since: number; step: Step | null }
    | { state: "answered"; data: T }
    | { state: "failed"; error: string }
    | { state: "cancelled" };

export interface Question<T> {
    answer: Answer<T>;
    ask: (load: (signal: AbortSignal, hear: (step: Step) => void) => Promise<T>) => void;
    cancel: () => void;
}

/** A question that may take long: asked when somebody says so, and ended with its request when it is cancelled or its view is left. */
export function useQuestion<T>(): Question<T> {
    const [answer, setAnswer] = useState<Answer<T>>({ state: "none" });
    const running = useRef<AbortController | null>(null);
    useEffect(() => () => running.current?.abort(), []);

    function ask(load: (signal: AbortSignal, hear: (step: Step) => void) => Promise<T>): void {
        running.current?.abort();
        const abort = new AbortController();
        running.current = abort;
        const since = performance.now();
        setAnswer({ state: "running", since, step: null });
        load(abort.signal, (step) => !abort.signal.aborted && setAnswer({ state: "running", since, step })).then(
            (data) => !abort.signal.aborted && setAnswer({ state: "answered", data }),
            (error: unknown) => !abort.signal.aborted && setAnswer({ state: "failed", error: error instanceof Error ? error.message : String(error) }),
        );
    }

    function cancel(): void {
        running.current?.abort();
        setAnswer({ state: "cancelled" });
    }

    return { answer, ask, cancel };
}
