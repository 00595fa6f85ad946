import { t } from "../i18n/language";

export type Order = "asc" | "desc";

/** The head of a column by which its table is sorted, once more the other way round. */
export function SortHeader(props: { name: string; label: string; sort: string; order: Order; isNumber?: boolean; class?: string; onSort: (sort: string, order: Order) => void }) {
    const isSorted = props.sort === props.name;
    const isAscending = isSorted && props.order === "asc";
    const next = isSorted ? (isAscending ? "desc" : "asc") : props.isNumber ? "desc" : "asc";
    return (
        <th scope="col" class={props.isNumber ? "number" : props.class} aria-sort={isSorted ? (isAscending ? "ascending" : "descending") : undefined}>
            <button class="sort" title={t("topics.sort", { column: props.label })} onClick={() => props.onSort(props.name, next)}>
                {props.label}
                <span aria-hidden="true">{isSorted ? (isAscending ? " ▲" : " ▼") : ""}</span>
            </button>
        </th>
    );
}
