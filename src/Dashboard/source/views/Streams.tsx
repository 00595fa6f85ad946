import { useState } from "preact/hooks";
import { get, post } from "../api/client";
import type { Stream } from "../api/types";
import { Badge } from "../parts/Badge";
import { Dialog } from "../parts/Dialog";
import { Heading } from "../parts/Heading";
import { Scroll } from "../parts/Scroll";
import { Waiting } from "../parts/Waiting";
import { rate, whole } from "../format";
import { t } from "../i18n/language";
import { announce, complain } from "../state/announcement";
import { live } from "../state/live";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";
import { isOperator, session } from "../state/session";

/** Every stream with its health; the rates move with the node. */
export function Streams() {
    const streams = useLoad("streams", (signal) => get<{ streams: Stream[] }>("/streams", {}, signal), true);
    const now = useObservable(live);
    const mayChange = isOperator(useObservable(session));
    const [pausing, setPausing] = useState<string | null>(null);

    async function change(name: string, action: "pause" | "resume"): Promise<void> {
        setPausing(null);
        try {
            await post(`/streams/${encodeURIComponent(name)}/${action}`, {});
            announce(t(action === "pause" ? "streams.paused" : "streams.resumed", { stream: name }));
        } catch (error) {
            complain(error);
        }

        streams.reload();
    }

    return (
        <>
            <Heading text={t("streams.title")} />
            <Waiting of={streams} />
            {streams.data && (
                <Scroll label={t("streams.caption")}>
                    <table>
                        <caption class="visually-hidden">{t("streams.caption")}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{t("stream")}</th>
                                <th scope="col">{t("state")}</th>
                                <th scope="col" class="number">{t("rates.events")}</th>
                                <th scope="col" class="number">{t("lag")}</th>
                                <th scope="col" class="number">{t("unacknowledged")}</th>
                                <th scope="col" class="number">{t("events")}</th>
                                <th scope="col" class="number">{t("duplicates")}</th>
                                <th scope="col" class="number">{t("retries")}</th>
                                <th scope="col" class="number">{t("deadLetters")}</th>
                                {mayChange && <th scope="col">{t("actions")}</th>}
                            </tr>
                        </thead>
                        <tbody>
                            {streams.data.streams.map((stream) => {
                                const moving = now?.streams[stream.name];
                                const isPaused = stream.paused;
                                return (
                                    <tr key={stream.name} data-stream={stream.name}>
                                        <th scope="row">
                                            {stream.name}
                                            {stream.failing && <small class="failed">{stream.failing}</small>}
                                        </th>
                                        <td>
                                            <Badge state={moving?.state ?? stream.state} />
                                        </td>
                                        <td class="number">{rate(moving?.events ?? stream.rates.events)}</td>
                                        <td class="number">{whole(moving?.lag === undefined ? stream.lag : moving.lag)}</td>
                                        <td class="number">{whole(moving?.unacknowledged ?? stream.unacknowledged)}</td>
                                        <td class="number">{whole(stream.totals.events)}</td>
                                        <td class="number">{whole(stream.totals.duplicates)}</td>
                                        <td class="number">{whole(stream.totals.retries)}</td>
                                        <td class="number">{whole(stream.totals.deadLetters)}</td>
                                        {mayChange && (
                                            <td>
                                                {stream.enabled && (
                                                    <button
                                                        aria-label={`${t(isPaused ? "streams.resume" : "streams.pause")} ${stream.name}`}
                                                        onClick={() => (isPaused ? void change(stream.name, "resume") : setPausing(stream.name))}
                                                    >
                                                        {t(isPaused ? "streams.resume" : "streams.pause")}
                                                    </button>
                                                )}
                                            </td>
                                        )}
                                    </tr>
                                );
                            })}
                        </tbody>
                    </table>
                </Scroll>
            )}
            {pausing !== null && (
                <Dialog title={t("streams.pause.title", { stream: pausing })} confirm={t("streams.pause")} onClose={() => setPausing(null)} onConfirm={() => void change(pausing, "pause")}>
                    <p>{t("streams.pause.text")}</p>
                </Dialog>
            )}
        </>
    );
}
