import { get } from "../api/client";
import type { Cluster as ClusterState, ClusterMember, LiveNode, Partition } from "../api/types";
import { Backfill } from "../parts/Backfill";
import { Badge } from "../parts/Badge";
import { Heading } from "../parts/Heading";
import { Scroll } from "../parts/Scroll";
import { Waiting } from "../parts/Waiting";
import { bytes, moment, rate, whole } from "../format";
import { named, t } from "../i18n/language";
import { usePlaces, type Place } from "../state/cluster";
import { live } from "../state/live";
import { useLoad } from "../state/load";
import { useObservable } from "../state/observable";

/** The members of the cluster, each node's rates, and where the Partitions are, as they move. */
export function Cluster() {
    const cluster = useLoad("cluster", (signal) => get<ClusterState>("/cluster", {}, signal), true);
    const partitions = useLoad("partitions", (signal) => get<{ partitions: Partition[] }>("/partitions", {}, signal), true);
    const places = usePlaces(partitions.data?.partitions, () => {
        cluster.reload();
        partitions.reload();
    });
    const rates = useObservable(live)?.nodes ?? {};
    return (
        <>
            <Heading text={t("cluster.title")} />
            <section aria-labelledby="members-title">
                <h2 id="members-title">{t("cluster.members")}</h2>
                <Waiting of={cluster} />
                {cluster.data && <Members cluster={cluster.data} rates={rates} />}
            </section>
            <section aria-labelledby="places-title">
                <h2 id="places-title">{t("cluster.places")}</h2>
                <p class="muted">{t("cluster.places.note")}</p>
                <Waiting of={partitions} />
                {partitions.data && <Places places={places} nodes={cluster.data?.members.map((member) => member.id) ?? []} />}
                {partitions.data?.partitions.filter((one) => one.failing !== null).map((one) => (
                    <p key={one.partition} class="failed">
                        {t("cluster.fails", { partition: one.partition, why: one.failing! })}
                    </p>
                ))}
            </section>
            <Backfill />
        </>
    );
}

function Members(props: { cluster: ClusterState; rates: Record<string, LiveNode> }) {
    const { cluster, rates } = props;
    return (
        <>
            <Scroll label={t("cluster.members")}>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{t("node")}</th>
                            <th scope="col">{t("state")}</th>
                            <th scope="col">{t("cluster.role")}</th>
                            <th scope="col">{t("cluster.since")}</th>
                            <th scope="col" class="number">{t("cluster.partitions")}</th>
                            <th scope="col" class="number">{t("rates.events")}</th>
                            <th scope="col" class="number">{t("rates.deliveries")}</th>
                            <th scope="col" class="number">{t("unacknowledged")}</th>
                            <th scope="col" class="number">{t("memory")}</th>
                            <th scope="col">{t("address")}</th>
                            <th scope="col">{t("version")}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {cluster.members.map((member) => (
                            <Member key={member.address} member={member} rates={member.id === null ? undefined : rates[member.id]} />
                        ))}
                    </tbody>
                </table>
            </Scroll>
            {!cluster.isMember && <p class="failed">{t("cluster.alone", { why: cluster.waitingFor ?? "" })}</p>}
            {cluster.others.map((other) => (
                <p key={other.id} class="muted">
                    {t("cluster.other", { node: other.id, address: other.address })}
                </p>
            ))}
            {cluster.storeError !== null && <p class="failed">{cluster.storeError}</p>}
        </>
    );
}

function Member(props: { member: ClusterMember; rates: LiveNode | undefined }) {
    const { member, rates } = props;
    const roles = [member.isLeader && t("cluster.leader"), member.isOldest && t("cluster.oldest")].filter((role) => role !== false);
    return (
        <tr data-member={member.id ?? member.address}>
            <th scope="row">
                {member.id ?? "?"} {member.isSelf && <small class="muted">({t("nodes.self")})</small>}
            </th>
            <td>
                <Badge state={member.status} /> {member.isUnreachable && <Badge state="unreachable" />}
            </td>
            <td>{roles.join(", ")}</td>
            <td>{member.upSince === null ? "" : moment(member.upSince)}</td>
            <td class="number">{whole(member.partitions)}</td>
            <td class="number">{rates === undefined ? "" : rate(rates.events)}</td>
            <td class="number">{rates === undefined ? "" : rate(rates.deliveries)}</td>
            <td class="number">{rates === undefined ? "" : whole(rates.unacknowledged)}</td>
            <td class="number">{rates === undefined ? "" : bytes(rates.residentBytes)}</td>
            <td>{member.address}</td>
            <td>{member.version}</td>
        </tr>
    );
}

/** A row a node, and a small box a Partition: one that has just come is framed, one that does not serve is hatched. */
function Places(props: { places: Map<number, Place>; nodes: (string | null)[] }) {
    const known = props.nodes.filter((node) => node !== null);
    const nodes: (string | null)[] = [...known];
    for (const { node } of props.places.values()) {
        if (!nodes.includes(node)) {
            nodes.push(node);
        }
    }

    return (
        <dl class="places">
            {nodes.map((node) => {
                const here = [...props.places].filter(([, place]) => place.node === node).sort(([one], [other]) => one - other);
                return (
                    <div key={node ?? ""} data-node={node ?? ""}>
                        <dt>
                            {node ?? t("cluster.nobody")} <small class="muted">{whole(here.length)}</small>
                        </dt>
                        <dd>
                            <ul>
                                {here.map(([partition, place]) => (
                                    <li
                                        key={partition}
                                        class={`${place.phase === "serving" ? "serving" : "other"} ${place.moved ? "moved" : ""}`}
                                        title={t("cluster.place", { partition, phase: named("phase", place.phase) })}
                                        data-partition={partition}
                                    >
                                        {partition}
                                        {place.phase !== "serving" && <small>{named("phase", place.phase)}</small>}
                                    </li>
                                ))}
                            </ul>
                        </dd>
                    </div>
                );
            })}
        </dl>
    );
}
