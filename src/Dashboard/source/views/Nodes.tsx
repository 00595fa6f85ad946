import { get } from "../api/client";
import type { Node, Shard } from "../api/types";
import { Badge } from "../parts/Badge";
import { Heading } from "../parts/Heading";
import { Scroll } from "../parts/Scroll";
import { Waiting } from "../parts/Waiting";
import { bytes, whole } from "../format";
import { t } from "../i18n/language";
import { useLoad } from "../state/load";

/** The nodes that live, and what the shards are at. */
export function Nodes() {
    const nodes = useLoad("nodes", (signal) => get<{ nodes: Node[] }>("/nodes", {}, signal), true);
    const shards = useLoad("shards", (signal) => get<{ shards: Shard[] }>("/shards", {}, signal), true);
    return (
        <>
            <Heading text={t("nodes.title")} />
            <section aria-labelledby="nodes-title">
                <h2 id="nodes-title">{t("nodes.nodes")}</h2>
                <Waiting of={nodes} />
                {nodes.data && (
                    <Scroll label={t("nodes.nodes")}>
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">{t("node")}</th>
                                    <th scope="col">{t("address")}</th>
                                    <th scope="col">{t("state")}</th>
                                    <th scope="col" class="number">{t("shards")}</th>
                                </tr>
                            </thead>
                            <tbody>
                                {nodes.data.nodes.map((node) => (
                                    <tr key={node.id}>
                                        <th scope="row">
                                            {node.id} {node.isSelf && <small class="muted">({t("nodes.self")})</small>}
                                        </th>
                                        <td>{node.address}</td>
                                        <td>
                                            <Badge state={node.state ?? "unknown"} />
                                        </td>
                                        <td class="number">{whole(node.shards)}</td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </Scroll>
                )}
            </section>
            <section aria-labelledby="shards-title">
                <h2 id="shards-title">{t("nodes.shards")}</h2>
                <Waiting of={shards} />
                {shards.data && (
                    <Scroll label={t("nodes.shards")}>
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">{t("shard")}</th>
                                    <th scope="col">{t("node")}</th>
                                    <th scope="col" class="number">{t("epoch")}</th>
                                    <th scope="col" class="number">{t("sequenceNr")}</th>
                                    <th scope="col" class="number">{t("toReplay")}</th>
                                    <th scope="col" class="number">{t("counters")}</th>
                                    <th scope="col" class="number">{t("memory")}</th>
                                    <th scope="col" class="number">{t("unflushed")}</th>
                                    <th scope="col" class="number">{t("damaged")}</th>
                                </tr>
                            </thead>
                            <tbody>
                                {shards.data.shards.map((shard) => (
                                    <tr key={shard.shard}>
                                        <th scope="row">
                                            {shard.shard}
                                            {shard.failing && <small class="failed">{shard.failing}</small>}
                                        </th>
                                        <td>{shard.node}</td>
                                        <td class="number">{whole(shard.epoch)}</td>
                                        <td class="number">{whole(shard.sequenceNr)}</td>
                                        <td class="number">{whole(shard.uncheckpointed)}</td>
                                        <td class="number">{whole(shard.counters)}</td>
                                        <td class="number">{bytes(shard.residentBytes)}</td>
                                        <td class="number">{whole(shard.unflushed)}</td>
                                        <td class="number">{shard.damaged > 0 ? <b class="failed">{whole(shard.damaged)}</b> : "0"}</td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </Scroll>
                )}
            </section>
        </>
    );
}
