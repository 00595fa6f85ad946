namespace DataLoad.Host.Settings;

/// <summary>The keys of <c>akka { }</c> that a user may not set: exactness rests on them, or the program sets them itself. Of the rules that a key is
/// below, the longest holds; one without a reason lets it be set.</summary>
internal static class AkkaFixedKeys
{
    private const string Journal = "what is journaled, where, and how it is read back rests on it. Leave it out; dataload.store says which database it is";
    private const string Snapshots = "DataLoad keeps its snapshots itself. Leave it out; dataload.checkpoint says how often";
    private const string Serializers = "nodes and the journal speak by DataLoad's own serializers, and others could not be read back. Leave it out";
    private const string Mailboxes = "a bounded mailbox loses messages. Leave it out; dataload.intake bounds what is under way";
    private const string Logging = "Akka logs to the program's log. Set dataload.log.level";
    private const string Stopping = "its phases share dataload.stop.timeout. Set that";
    private const string Address = "the program sets where a node is reached. Leave it out";
    private const string Frames = "batches are cut to fit a frame, and a frame that does not fit is lost without a word. Leave it out";
    private const string Membership = "who belongs to the cluster is found through the store, so that there is one. Leave it out";
    private const string Sharding = "every Partition runs once, always, by this. Leave it out";

    private static readonly (string[] Path, string? Reason)[] Rules =
    [
        .. Fixed(Logging, "akka", "loggers", "loglevel", "logger-formatter", "stdout-loglevel", "stdout-logger-class"),
        .. Fixed("the program starts the extensions that it uses. Leave it out", "akka", "extensions"),
        .. Fixed(Address, "akka.actor", "provider"),
        .. Fixed(Serializers, "akka.actor", "serializers", "serialization-bindings", "serialization-identifiers", "serialization-settings",
            "serialize-messages"),
        .. Fixed(Mailboxes, "akka.actor", "default-mailbox", "mailbox"),
        .. Fixed("the program says itself where its actors run. Leave it out", "akka.actor", "deployment"),
        .. Fixed("time must pass as the clock says. Leave it out", "akka.scheduler", "implementation"),
        .. Fixed(Stopping, "akka", "coordinated-shutdown"),
        .. Fixed(Journal, "akka", "persistence"),
        .. Fixed(Snapshots, "akka.persistence", "snapshot-store", "snapshot-store-plugin-fallback"),
        .. Free("akka.persistence", "max-concurrent-recoveries", "dispatchers"),
        .. Free("akka.persistence.journal.sql", "batch-size", "db-round-trip-max-batch-size", "prefer-parameters-on-multirow-insert", "parallelism",
            "replay-batch-size", "recovery-event-timeout", "plugin-dispatcher", "materializer-dispatcher", "circuit-breaker"),
        .. Free("akka.persistence.query.journal.sql", "max-buffer-size", "refresh-interval", "max-concurrent-queries", "query-throttle-timeout"),
        .. Fixed(Membership, "akka.cluster", "seed-nodes", "seed-node-timeout", "roles", "min-nr-of-members", "downing-provider-class",
            "auto-down-unreachable-after", "split-brain-resolver"),
        .. Free("akka.cluster.split-brain-resolver", "stable-after", "lease-majority.acquire-lease-delay-for-minority", "lease-majority.release-after"),
        .. Fixed(Stopping, "akka.cluster", "run-coordinated-shutdown-when-down"),
        .. Fixed(Sharding, "akka.cluster.sharding", "guardian-name", "role", "state-store-mode", "remember-entities", "remember-entities-store",
            "passivate-idle-entity-after", "journal-plugin-id", "snapshot-plugin-id", "use-lease"),
        .. Fixed(Address, "akka.remote", "enabled-transports"),
        .. Fixed(Address, "akka.remote.dot-netty.tcp", "hostname", "public-hostname", "port", "public-port", "transport-class", "enable-ssl", "ssl"),
        .. Fixed(Frames, "akka.remote.dot-netty.tcp", "applied-adapters", "maximum-frame-size", "send-buffer-size", "receive-buffer-size"),
    ];

    /// <summary>Why a value may not be set at a path, and what to do instead; null where it may.</summary>
    public static string? FindReason(string[] path)
    {
        (string[] Path, string? Reason) longest = ([], null);
        foreach ((string[] Path, string? Reason) rule in Rules)
        {
            int common = rule.Path.AsSpan().CommonPrefixLength(path);
            if (common == rule.Path.Length && common > longest.Path.Length)
            {
                longest = rule;
            }
            else if (common == path.Length && rule.Reason is not null)
            {
                // A single value in the place of an object takes all below it away.
                return $"it is an object that holds {string.Join('.', rule.Path)}. Set what is below it by its whole path";
            }
        }

        return longest.Reason;
    }

    private static IEnumerable<(string[] Path, string? Reason)> Fixed(string? reason, string parent, params string[] keys) =>
        keys.Select(key => ($"{parent}.{key}".Split('.'), reason));

    private static IEnumerable<(string[] Path, string? Reason)> Free(string parent, params string[] keys) => Fixed(null, parent, keys);
}
