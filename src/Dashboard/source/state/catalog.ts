import { get } from "../api/client";
import type { Catalog, Metric, Page, Status } from "../api/types";
import { Observable } from "./observable";

/** What the node counts, and its day. Read once after login. */
export const catalog = new Observable<Catalog | null>(null);
export const today = new Observable<string>("");

export async function loadCatalog(): Promise<void> {
    const [found, status] = await Promise.all([get<Catalog>("/catalog"), get<Status>("/status")]);
    today.set(status.today);
    catalog.set(found);
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

/** Those whose values over several rows add up: counts and amounts. Different people do not. */
export function summed(metrics: Metric[]): Metric[] {
    return metrics.filter((metric) => metric.kind !== "distinct");
}
