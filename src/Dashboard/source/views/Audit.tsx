import { get } from "../api/client";
import type { AuditPage } from "../api/types";
import { moment } from "../format";
import { t } from "../i18n/language";
import { Heading } from "../parts/Heading";
import { PlacePager, usePlaces } from "../parts/Pager";
import { Scroll } from "../parts/Scroll";
import { Waiting } from "../parts/Waiting";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";
import { isOperator, session } from "../state/session";

const PAGE_ROWS = 50;

/** Who did what, the newest first. */
export function Audit() {
    const mayRead = isOperator(useObservable(session));
    return (
        <>
            <Heading text={t("audit.title")} />
            <p class="muted">{t("audit.what")}</p>
            {mayRead ? <Entries /> : <p class="badge warn">{t("audit.role")}</p>}
        </>
    );
}

function Entries() {
    const places = usePlaces();
    const before = places.after;
    const found = useLoad(before ?? "", (signal) => get<AuditPage>("/audit", { before, limit: PAGE_ROWS }, signal));
    const page = found.data;
    return (
        <>
            <Waiting of={found} />
            {page?.entries.length === 0 && <p>{t("none")}</p>}
            {page && page.entries.length > 0 && (
                <Scroll label={t("audit.title")}>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">{t("time")}</th>
                                <th scope="col">{t("audit.actor")}</th>
                                <th scope="col">{t("audit.action")}</th>
                                <th scope="col">{t("audit.target")}</th>
                                <th scope="col">{t("audit.detail")}</th>
                                <th scope="col">{t("audit.outcome")}</th>
                                <th scope="col">{t("node")}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {page.entries.map((entry) => (
                                <tr key={entry.id} data-entry={entry.id}>
                                    <th scope="row">{moment(entry.at)}</th>
                                    <td>{entry.actor}</td>
                                    <td>{entry.action}</td>
                                    <td class="long">{entry.target}</td>
                                    <td class="long">{entry.detail}</td>
                                    <td class="long">{entry.outcome}</td>
                                    <td class="muted">{entry.node}</td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                </Scroll>
            )}
            {page && <PlacePager places={places} next={page.next === null ? null : String(page.next)} />}
        </>
    );
}
