import { useEffect, useRef } from "preact/hooks";
import { get } from "../api/client";
import type { Backfill, BackfillItem, BreakdownName } from "../api/types";
import { complain } from "./announcement";
import { loadCatalog } from "./catalog";
import { useLoad, useRefresh, type Loaded } from "./load";

/** How the past of metrics and breakdowns is coming on, looked at again until all of it is complete, or always; what has become complete is in the catalog then. */
export function useBackfill(always = false): Loaded<Backfill> {
    const found = useLoad("backfill", (signal) => get<Backfill>("/backfill", {}, signal));
    const open = found.data === null ? null : incompleteOf(found.data).map((item) => item.name).join(" ");
    const before = useRef<string | null>(null);
    useRefresh(always || open !== "", found.reload);
    useEffect(() => {
        if (before.current !== null && before.current !== open) {
            loadCatalog().catch(complain);
        }

        before.current = open;
    }, [open]);
    return found;
}

export function incompleteOf(backfill: Backfill): BackfillItem[] {
    return backfill.items.filter((item) => !item.complete);
}

/** What is not complete yet of a page: its metrics, or one of its breakdowns. */
export function incompleteOfPage(backfill: Backfill | null, page: string, by: BreakdownName | null): BackfillItem[] {
    return backfill === null ? [] : incompleteOf(backfill).filter((item) => item.page === page && item.by === by);
}
