import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { get } from "../api/client";
import type { Setting } from "../api/types";
import { whole } from "../format";
import { t } from "../i18n/language";
import { Heading } from "../parts/Heading";
import { Scroll } from "../parts/Scroll";
import { Waiting } from "../parts/Waiting";
import { useLoad } from "../state/load";

/** The effective settings of the node that serves this page, each with where it comes from; secrets are masked by the node. */
export function Settings() {
    const [search, setSearch] = useState("");
    const found = useLoad("settings", (signal) => get<{ settings: Setting[] }>("/settings", {}, signal));
    const wanted = search.trim().toLowerCase();
    const shown = (found.data?.settings ?? []).filter((setting) => setting.path.toLowerCase().includes(wanted));
    return (
        <>
            <Heading text={t("settings.title")} />
            <p class="muted">{t("settings.what")}</p>
            <div class="controls">
                <label class="search">
                    {t("settings.search")}
                    <input type="search" maxLength={100} value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
                </label>
            </div>
            <Waiting of={found} />
            {found.data && (
                <>
                    <p class="muted" role="status">
                        {t("settings.count", { count: whole(shown.length) })}
                    </p>
                    <Scroll label={t("settings.title")}>
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">{t("settings.path")}</th>
                                    <th scope="col">{t("settings.value")}</th>
                                    <th scope="col">{t("settings.origin")}</th>
                                </tr>
                            </thead>
                            <tbody>
                                {shown.map((setting) => (
                                    <tr key={setting.path} data-setting={setting.path}>
                                        <th scope="row" class="path">
                                            {setting.path.split(/(?<=\.)/).map((part, at) => (
                                                <Fragment key={at}>
                                                    {part}
                                                    <wbr />
                                                </Fragment>
                                            ))}
                                        </th>
                                        <td class="long">{setting.value}</td>
                                        <td class="muted">{setting.origin}</td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </Scroll>
                </>
            )}
        </>
    );
}
