/** The shapes of /api/v1, as docs/api/openapi.yaml describes them: what the dashboard reads of them. */

export type MetricValue = number | string;
/** Null where it is not known: different people of several rows are united, and where they cannot be, `why` says so. */
export type Values = Record<string, MetricValue | null>;
export type MetricKind = "count" | "amount" | "distinct";

export interface WhoAmI {
    role: "reader" | "analyst" | "operator";
    authentication: "token" | "loopback";
    tokensConfigured: boolean;
}

export interface Metric {
    column: string;
    kind: MetricKind;
}

export type BreakdownName = "parent" | "channel" | "qr-code";

export interface Page {
    name: string;
    table: string;
    metrics: Metric[];
    breakdowns: BreakdownName[];
}

export interface Catalog {
    pages: Page[];
    streams: { name: string; page: string; exchange: string; queue: string; enabled: boolean }[];
}

export interface Health {
    ok: boolean;
    detail?: string | null;
    name?: string | null;
}

export interface Tallies {
    deliveries: number;
    events: number;
    duplicates: number;
    retries: number;
    parked: number;
    deadLetters: number;
}

export type Rates = Tallies;

/** How a node or the cluster fares: a sentence for each reason. */
export type OperatingState = "ready" | "degraded" | "not-ready";

/** What a number was that is not known now, and when. */
export interface LastKnown {
    value: number;
    at: number;
}

export interface Status {
    node: string;
    version: string;
    startedAt: number;
    now: number;
    uptimeSeconds: number;
    state: OperatingState;
    reasons: string[];
    ready: boolean;
    timeZone: string;
    today: string;
    broker: Health;
    store: Health;
    business: Health;
    shards: { owned: number; total: number };
    memory: { residentBytes: number; budgetBytes: number; processBytes: number; counters: number; damaged: number };
    unflushed: number;
    uncheckpointed: number;
    parked: number | null;
    lag: number | null;
    deadLetters: number | null;
    failing: Record<string, string>;
}

export type StreamState = "running" | "paused" | "failing" | "disabled" | "waiting";

export interface Stream {
    name: string;
    page: string;
    queue: string;
    enabled: boolean;
    paused: boolean;
    state: StreamState;
    failing?: string | null;
    prefetch: number;
    lag: number | null;
    unacknowledged: number;
    totals: Tallies;
    rates: Rates;
}

export interface Shard {
    shard: number;
    node: string;
    phase: "owning" | "recovering" | "serving" | "stopping" | "stopped";
    epoch: number;
    sequenceNr: number;
    checkpointSequenceNr: number;
    uncheckpointed: number;
    counters: number;
    residentBytes: number;
    unflushed: number;
    damaged: number;
    failing: string | null;
}

export interface Partition {
    partition: number;
    node: string | null;
    phase: Shard["phase"] | "unknown";
    failing: string | null;
}

export interface ClusterMember {
    id: string | null;
    address: string;
    http: string | null;
    status: string;
    isUnreachable: boolean;
    isSelf: boolean;
    isLeader: boolean;
    isOldest: boolean;
    upSince: number | null;
    version: string;
    partitions: number;
}

export interface Cluster {
    node: string;
    isMember: boolean;
    waitingFor: string | null;
    members: ClusterMember[];
    others: { id: string; address: string; http: string; hasJoined: boolean }[];
    storeError: string | null;
}

export interface ClusterChange {
    at: number;
    what: string;
    address: string | null;
    id: string | null;
    partition: number | null;
    phase: Partition["phase"] | null;
}

export interface Node {
    id: string;
    address: string;
    isSelf: boolean;
    shards: number;
    state?: OperatingState | "unknown";
}

export interface TopicRow {
    type: string;
    id: number;
    days: number;
    values: Values;
    /** What its own numbers lack. */
    why?: string | null;
}

export interface TopicList {
    page: string;
    from: string;
    to: string;
    sort: string;
    order: "asc" | "desc";
    offset: number;
    limit: number;
    total: number;
    items: TopicRow[];
    why?: string | null;
}

export interface TopicDay {
    day: string;
    source: "memory" | "table";
    values: Values;
}

export interface Topic {
    type: string;
    id: number;
    shard: number;
    pages: TopicOfPage[];
}

/** Its days of a page, newest first, and all of them together. */
export interface TopicOfPage {
    page: string;
    days: TopicDay[];
    total: Values | null;
    why: string | null;
}

export interface Totals {
    from: string;
    to: string;
    pages: { page: string; topics: number; values: Values; why?: string | null }[];
}

export interface Series {
    page: string;
    metrics: string[];
    days: { day: string; values: Values }[];
    why?: string | null;
}

export interface LiveStream {
    state: StreamState;
    events: number;
    deliveries: number;
    duplicates: number;
    deadLetters: number;
    lag: number | null;
    unacknowledged: number;
}

export interface LiveNode {
    state: OperatingState;
    events: number;
    deliveries: number;
    duplicates: number;
    deadLetters: number;
    residentBytes: number;
    unacknowledged: number;
}

export interface Live {
    now: number;
    ready: boolean;
    state: OperatingState;
    rates: Rates;
    totals: Tallies;
    reasons: string[];
    cluster?: { state: OperatingState; reasons: string[] };
    lag: number | null;
    lagLastKnown?: LastKnown | null;
    parked: number | null;
    deadLetters: number | null;
    deadLettersLastKnown?: LastKnown | null;
    residentBytes: number;
    streams: Record<string, Partial<LiveStream>>;
    nodes?: Record<string, LiveNode>;
    today: string;
    todayTotals: Record<string, Values>;
    /** What the totals of a page lack, by page; none where nothing is known of it. */
    todayWhy?: Record<string, string>;
}

/** Rates a second of the last minutes, the oldest first. */
export interface PastRates {
    /** Nodes whose rates are not among them, and why. */
    away?: Record<string, string>;
    points: { at: number; events: number; duplicates: number; deadLetters: number }[];
}

export interface DeadLetterGroup {
    stream: string;
    reason: string;
    count: number;
    oldest?: number;
    newest?: number;
    example?: string;
}

export interface DeadLetterGroups {
    total: number;
    at: number;
    complete: boolean;
    groups: DeadLetterGroup[];
    waiting?: { stream: string; reason: string; tries: number; due: number }[];
}

export interface DeadLetterSummary {
    id: string;
    stream: string;
    reason: string;
    error: string;
    received: number;
    bytes: number;
    contentType?: string | null;
}

export interface DeadLetterList {
    total: number;
    offset: number;
    limit: number;
    items: DeadLetterSummary[];
}

export interface DeadLetter extends DeadLetterSummary {
    queue?: string;
    messageId?: string | null;
    headers?: Record<string, string>;
    body?: string | null;
    bodyBase64?: string;
}

export interface DeadLetterSelection {
    stream?: string;
    reason?: string;
    ids?: string[];
    limit?: number;
    /** How many are to be removed: where there are more or fewer, none is. */
    confirm?: number;
}

export interface DeadLetterEdit {
    body: string;
    contentType?: string;
}

export interface DeadLetterMove {
    moved: number;
    left?: number;
    skipped?: number;
    why?: string | null;
}

/** A cell of a statistics table, and a page of the events that made it. */
export interface CellDetails {
    value: MetricValue;
    added: MetricValue;
    table: MetricValue | null;
    events: number;
    complete: boolean;
    why: string | null;
    items: CellEvent[];
    next: string | null;
}

export interface CellEvent {
    added: MetricValue;
    value: MetricValue;
    event: {
        shard: number;
        sequenceNr: number;
        index: number;
        stream: string;
        time: number;
        userId: number;
        session: string;
        parentType: string | null;
        parentId: number | null;
        channelType: string | null;
        qrCode: string | null;
    };
}

/** The events of a session, a page of them, in the order of their time. */
export interface SessionTimeline {
    events: number;
    trimmed: number;
    complete: boolean;
    why: string | null;
    items: SessionEvent[];
    next: string | null;
}

export interface SessionEvent {
    event: CellEvent["event"] & { type: string; id: number };
    added: Record<string, MetricValue>;
}

/** The sums of a breakdown: a topic and value each, or a day each. */
export interface BreakdownTotals {
    page: string;
    by: BreakdownName;
    from: string;
    to: string;
    offset: number;
    limit: number;
    total: number;
    items: PartSum[];
    complete: boolean;
    why: string | null;
}

/** A parent's value is its type, and its id stands beside it. */
export interface PartSum {
    type: string | null;
    id: number | null;
    value: string | null;
    valueId: number | null;
    day: string | null;
    rows: number;
    values: Values;
    why: string | null;
}

/** The rows of a breakdown as its table holds them. */
export interface BreakdownList {
    rows: { type: string; id: number; day: string; value: string; valueId: number | null; values: Values }[];
    next: number | null;
}

/** Of the people of each day, how many returned after so many days; null for a day that is to come. */
export interface Retention {
    page: string;
    column: string;
    returning: string;
    from: string;
    to: string;
    topics: string[];
    after: number[];
    days: { day: string; people: number; returned: (number | null)[] }[];
    complete: boolean;
    why: string | null;
}

/** How many people are in the first column, how many of those in the second too, and so on. */
export interface Funnel {
    page: string;
    from: string;
    to: string;
    topics: string[];
    steps: { column: string; people: number }[];
    complete: boolean;
    why: string | null;
}

/** An event as it is counted; who caused it only where that was asked for. */
export interface CountedEvent {
    shard: number;
    sequenceNr: number;
    index: number;
    stream: string;
    type: string;
    id: number;
    day: string;
    time: number;
    channelType: string | null;
    qrCode: string | null;
    parentType: string | null;
    parentId: number | null;
    facts: Record<string, MetricValue>;
    userId?: number;
    session?: string;
}

/** A metric or a breakdown that is not complete, or lacks events for good. */
export interface BackfillItem {
    name: string;
    kind: "metric" | "breakdown";
    page: string | null;
    table: string;
    column: string | null;
    by: BreakdownName | null;
    complete: boolean;
    shardsDone: number;
    since: number | null;
    lacksBefore: number | null;
}

/** A Partition that computes the past, or cannot. */
export interface BackfillPartition {
    shard: number;
    node: string;
    state: "computing" | "stopped" | "failing";
    pass: number | null;
    read: number | null;
    through: number | null;
    counters: number | null;
    error: string | null;
}

/** How the past of metrics and breakdowns is coming on. */
export interface Backfill {
    stoppedAt: number | null;
    shards: number;
    items: BackfillItem[];
    partitions: BackfillPartition[];
    away?: Record<string, string>;
}

export interface Setting {
    path: string;
    value: string;
    origin: string;
}

export interface AuditPage {
    entries: { id: number; at: number; node: string; actor: string; action: string; target: string; detail: string; outcome: string }[];
    next: number | null;
}
