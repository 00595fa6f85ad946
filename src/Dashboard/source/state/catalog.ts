import { get } from "../api/client";
import type { Catalog, Metric, Page } from "../api/types";
import { Observable } from "./observable";

/** What the node counts. Read once after login. */
export const catalog = new Observable<Catalog | null>(null);

export async function loadCatalog(): Promise<void> {
    catalog.set(await get<Catalog>("/catalog"));
}

/** The metrics that a page is about at first sight. */
const MAIN = ["visit_cnt", "visit_user_cnt", "share_cnt", "share_user_cnt", "buy_cnt", "buy_user_cnt", "pay_amount", "off_num", "off_amount", "refund_amount"];

export function mainMetrics(page: Page): Metric[] {
    const main = page.metrics.filter((metric) => MAIN.includes(metric.column));
    return main.length > 0 ? main : page.metrics.slice(0, 8);
}

export function pageNamed(found: Catalog, name: string | null): Page {
    return found.pages.find((page) => page.name === name) ?? found.pages.find((page) => page.name === "act") ?? found.pages[0]!;
}
