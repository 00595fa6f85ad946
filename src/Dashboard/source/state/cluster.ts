import { useEffect, useRef, useState } from "preact/hooks";
import { events } from "../api/client";
import type { ClusterChange, Partition } from "../api/types";

const RETRY_MS = 3000;
const MOVED_MS = 4000;

/** Where a Partition is now, and whether it has just come there. */
export interface Place {
    node: string | null;
    phase: Partition["phase"];
    moved: boolean;
}

/**
 * Where the Partitions are: as they were listed, and as they move since. Calls `changed` when members come, go or are
 * not reached, and when it begins to listen anew, since it has missed what was between.
 */
export function usePlaces(listed: Partition[] | undefined, changed: () => void): Map<number, Place> {
    const [places, setPlaces] = useState<Map<number, Place>>(new Map());
    const latest = useRef(changed);
    latest.current = changed;

    useEffect(() => {
        if (listed !== undefined) {
            setPlaces((before) => new Map(listed.map(({ partition, node, phase }) =>
                [partition, { node, phase, moved: before.get(partition)?.moved ?? false }])));
        }
    }, [listed]);

    useEffect(() => {
        const abort = new AbortController();
        void listen(abort.signal, (change) => {
            if (change.partition === null) {
                latest.current();
                return;
            }

            const { partition, id, phase } = change;
            setPlaces((before) => {
                const was = before.get(partition);
                const moved = was !== undefined && (was.moved || was.node !== id);
                return new Map(before).set(partition, { node: id, phase: phase ?? "unknown", moved });
            });
            setTimeout(() => !abort.signal.aborted && setPlaces((before) => settle(before, partition)), MOVED_MS);
        }, () => latest.current());
        return () => abort.abort();
    }, []);
    return places;
}

function settle(before: Map<number, Place>, partition: number): Map<number, Place> {
    const was = before.get(partition);
    return was?.moved ? new Map(before).set(partition, { ...was, moved: false }) : before;
}

/** Listens through interruptions; what is wrong is told by the lists, which are loaded again and again. */
async function listen(signal: AbortSignal, hear: (change: ClusterChange) => void, again: () => void): Promise<void> {
    while (!signal.aborted) {
        await events("/cluster/tail", signal, (event, data) => {
            if (event === "change") {
                hear(JSON.parse(data) as ClusterChange);
            } else if (event === "dropped") {
                again();
            }
        }).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (!signal.aborted) {
            again();
        }
    }
}
