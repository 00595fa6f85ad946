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
        Rule("akka.loggers", Logging),
        Rule("akka.loglevel", Logging),
        Rule("akka.logger-formatter", Logging),
        Rule("akka.stdout-loglevel", Logging),
        Rule("akka.stdout-logger-class", Logging),
        Rule("akka.extensions", "the program starts the extensions that it uses. Leave it out"),
        Rule("akka.actor.provider", Address),
        Rule("akka.actor.serializers", Serializers),
        Rule("akka.actor.serialization-bindings", Serializers),
        Rule("akka.actor.serialization-identifiers", Serializers),
        Rule("akka.actor.serialization-settings", Serializers),
        Rule("akka.actor.serialize-messages", Serializers),
        Rule("akka.actor.default-mailbox", Mailboxes),
        Rule("akka.actor.mailbox", Mailboxes),
        Rule("akka.actor.deployment", "the program says itself where its actors run. Leave it out"),
        Rule("akka.scheduler.implementation", "time must pass as the clock says. Leave it out"),
        Rule("akka.coordinated-shutdown", Stopping),
        Rule("akka.persistence", Journal),
        Rule("akka.persistence.snapshot-store", Snapshots),
        Rule("akka.persistence.snapshot-store-plugin-fallback", Snapshots),
        Rule("akka.persistence.max-concurrent-recoveries"),
        Rule("akka.persistence.dispatchers"),
        Rule("akka.persistence.journal.sql.batch-size"),
        Rule("akka.persistence.journal.sql.db-round-trip-max-batch-size"),
        Rule("akka.persistence.journal.sql.prefer-parameters-on-multirow-insert"),
        Rule("akka.persistence.journal.sql.parallelism"),
        Rule("akka.persistence.journal.sql.replay-batch-size"),
        Rule("akka.persistence.journal.sql.recovery-event-timeout"),
        Rule("akka.persistence.journal.sql.plugin-dispatcher"),
        Rule("akka.persistence.journal.sql.materializer-dispatcher"),
        Rule("akka.persistence.journal.sql.circuit-breaker"),
        Rule("akka.persistence.query.journal.sql.max-buffer-size"),
        Rule("akka.persistence.query.journal.sql.refresh-interval"),
        Rule("akka.persistence.query.journal.sql.max-concurrent-queries"),
        Rule("akka.persistence.query.journal.sql.query-throttle-timeout"),
        Rule("akka.cluster.seed-nodes", Membership),
        Rule("akka.cluster.seed-node-timeout", Membership),
        Rule("akka.cluster.roles", Membership),
        Rule("akka.cluster.min-nr-of-members", Membership),
        Rule("akka.cluster.downing-provider-class", Membership),
        Rule("akka.cluster.auto-down-unreachable-after", Membership),
        Rule("akka.cluster.split-brain-resolver", Membership),
        Rule("akka.cluster.split-brain-resolver.stable-after"),
        Rule("akka.cluster.split-brain-resolver.lease-majority.acquire-lease-delay-for-minority"),
        Rule("akka.cluster.split-brain-resolver.lease-majority.release-after"),
        Rule("akka.cluster.run-coordinated-shutdown-when-down", Stopping),
        Rule("akka.cluster.sharding.guardian-name", Sharding),
        Rule("akka.cluster.sharding.role", Sharding),
        Rule("akka.cluster.sharding.state-store-mode", Sharding),
        Rule("akka.cluster.sharding.remember-entities", Sharding),
        Rule("akka.cluster.sharding.remember-entities-store", Sharding),
        Rule("akka.cluster.sharding.passivate-idle-entity-after", Sharding),
        Rule("akka.cluster.sharding.journal-plugin-id", Sharding),
        Rule("akka.cluster.sharding.snapshot-plugin-id", Sharding),
        Rule("akka.cluster.sharding.use-lease", Sharding),
        Rule("akka.remote.enabled-transports", Address),
        Rule("akka.remote.dot-netty.tcp.hostname", Address),
        Rule("akka.remote.dot-netty.tcp.public-hostname", Address),
        Rule("akka.remote.dot-netty.tcp.port", Address),
        Rule("akka.remote.dot-netty.tcp.public-port", Address),
        Rule("akka.remote.dot-netty.tcp.applied-adapters", Frames),
        Rule("akka.remote.dot-netty.tcp.transport-class", Address),
        Rule("akka.remote.dot-netty.tcp.enable-ssl", Address),
        Rule("akka.remote.dot-netty.tcp.ssl", Address),
        Rule("akka.remote.dot-netty.tcp.maximum-frame-size", Frames),
        Rule("akka.remote.dot-netty.tcp.send-buffer-size", Frames),
        Rule("akka.remote.dot-netty.tcp.receive-buffer-size", Frames),
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

    private static (string[] Path, string? Reason) Rule(string path, string? reason = null) => (path.Split('.'), reason);
}
