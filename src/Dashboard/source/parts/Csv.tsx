import { useEffect, useRef, useState } from "preact/hooks";
import { download } from "../api/client";
import { t } from "../i18n/language";
import { announce, complain } from "../state/announcement";
import type { Query } from "../state/route";

/** Saves what is shown beside it as CSV. */
export function Csv(props: { path: string; query: Query; name: string; label?: string }) {
    const [isBusy, setIsBusy] = useState(false);
    const isHere = useRef(true);
    useEffect(() => () => void (isHere.current = false), []);

    async function save(): Promise<void> {
        setIsBusy(true);
        try {
            await download(props.path, props.query, props.name);
            announce(t("topics.csv.done"));
        } catch (error) {
            complain(error);
        }

        if (isHere.current) {
            setIsBusy(false);
        }
    }

    return (
        <button type="button" disabled={isBusy} aria-label={props.label} onClick={() => void save()}>
            {t("topics.csv")}
        </button>
    );
}
