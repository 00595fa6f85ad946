import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { whole } from "../format";
import { t } from "../i18n/language";

/** Where a list that is found page by page stands: each page names the next, so that the way back is kept. */
export interface Places {
    after: string | undefined;
    isFirst: boolean;
    back: () => void;
    on: (next: string) => void;
}

export function usePlaces(): Places {
    const [places, setPlaces] = useState<string[]>([]);
    return {
        after: places.at(-1),
        isFirst: places.length === 0,
        back: () => setPlaces(places.slice(0, -1)),
        on: (next) => setPlaces([...places, next]),
    };
}

/** Leads through a list of which each page names the next. */
export function PlacePager(props: { places: Places; next: string | null; children?: ComponentChildren }) {
    const { places, next } = props;
    return (
        <nav class="pager" aria-label={t("pager.label")}>
            <button disabled={places.isFirst} onClick={places.back}>
                {t("pager.previous")}
            </button>
            <button disabled={next === null} onClick={() => places.on(next!)}>
                {t("pager.next")}
            </button>
            {props.children}
        </nav>
    );
}

/** Leads through a list of known length; one that is a page long needs no leading. */
export function RowPager(props: { label: string; offset: number; rows: number; total: number; onMove: (offset: number) => void; children?: ComponentChildren }) {
    const { offset, rows, total, onMove } = props;
    const last = Math.max(0, Math.floor((total - 1) / rows) * rows);
    return (
        <nav class="pager" aria-label={props.label}>
            {total > rows && (
                <>
                    <button disabled={offset === 0} onClick={() => onMove(0)}>
                        {t("pager.first")}
                    </button>
                    <button disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - rows))}>
                        {t("pager.previous")}
                    </button>
                    <span>{t("pager.at", { from: whole(offset + 1), to: whole(Math.min(total, offset + rows)), total: whole(total) })}</span>
                    <button disabled={offset >= last} onClick={() => onMove(offset + rows)}>
                        {t("pager.next")}
                    </button>
                    <button disabled={offset >= last} onClick={() => onMove(last)}>
                        {t("pager.last")}
                    </button>
                </>
            )}
            {props.children}
        </nav>
    );
}
