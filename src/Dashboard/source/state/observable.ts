import { useEffect, useState } from "preact/hooks";

/** A value that says when it has changed. */
export class Observable<T> {
    private readonly listeners = new Set<(value: T) => void>();

    constructor(private current: T) {}

    get value(): T {
        return this.current;
    }

    set(value: T): void {
        this.current = value;
        for (const listener of [...this.listeners]) {
            listener(value);
        }
    }

    subscribe(listener: (value: T) => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }
}

/** The value, and a new rendering whenever it changes. */
export function useObservable<T>(observable: Observable<T>): T {
    const [value, setValue] = useState<T>(observable.value);
    useEffect(() => {
        // It may have changed between the rendering and this effect.
        setValue(() => observable.value);
        return observable.subscribe((next) => setValue(() => next));
    }, [observable]);
    return value;
}
