using Akka.Configuration;
using Akka.Configuration.Hocon;
using DataLoad.Host.Hocon.Resolving;
using AkkaObject = Akka.Configuration.Hocon.HoconObject;
using AkkaValue = Akka.Configuration.Hocon.HoconValue;
using HoconValue = DataLoad.Host.Hocon.HoconValue;

namespace DataLoad.Host.Settings;

/// <summary>What Akka is set by: <c>akka.conf</c>, the user's section <c>akka { }</c> over it, and over both what <c>dataload { }</c> decides. Akka's
/// own parser knows neither lines nor includes nor the environment, so it is handed values, not text.</summary>
public sealed class AkkaSettings
{
    /// <summary>The phases of a stop that have a part of <c>dataload.stop.timeout</c>, in hundredths of a percent.</summary>
    private static readonly (string Phase, int Share)[] Phases =
    [
        ("service-unbind", 1300),
        ("service-requests-done", 2250),
        ("service-stop", 200),
        ("cluster-sharding-shutdown-region", 4100),
        ("cluster-leave", 300),
        ("cluster-exiting", 1100),
        ("cluster-exiting-done", 150),
        ("cluster-shutdown", 200),
        ("actor-system-terminate", 400),
    ];

    /// <summary>What of remoting <c>dataload.cluster</c> sets.</summary>
    private static readonly (string Key, string Setting)[] RemoteKeys =
        [("hostname", "hostname"), ("port", "port"), ("public-hostname", "advertised-hostname"), ("public-port", "advertised-port")];

    private readonly HoconObjectNode _node;
    private readonly List<(string[] Path, HoconOrigin Origin)> _users;

    private AkkaSettings(HoconObjectNode node, List<(string[] Path, HoconOrigin Origin)> users)
    {
        _node = node;
        _users = users;
    }

    /// <summary>All of it, to be laid over the defaults of Akka's packages.</summary>
    public Config Config => new(new HoconRoot(ToAkka(_node)!));

    /// <summary>Reads the section <c>akka { }</c> of loaded settings.</summary>
    /// <exception cref="HoconException">A key that is fixed is set; the message names file, line, key and remedy.</exception>
    public static AkkaSettings Bind(HoconConfig config)
    {
        var root = new HoconObjectNode(config.Node.Origin, new() { ["akka"] = config.GetObject("akka").Node });
        List<(string[] Path, HoconOrigin Origin)> users =
        [
            .. from leaf in Leaves([], root)
               let written = config.OverrideOf(leaf.Path)
               where written is not null || !string.Equals(leaf.Node.Origin.Source, SettingsLoader.AkkaName, StringComparison.Ordinal)
               select (leaf.Path, written ?? leaf.Node.Origin),
        ];
        foreach ((string[] path, HoconOrigin origin) in users)
        {
            if (AkkaFixedKeys.FindReason(path) is { } reason)
            {
                throw new HoconException(origin, $"{HoconPath.Render(path)} cannot be set: {reason}");
            }
        }

        return new AkkaSettings(root.MergedWith(Decided(config)), users);
    }

    /// <summary>The keys of the user's that no package of Akka's has, each with its place and perhaps the one that was meant.</summary>
    public IReadOnlyList<HoconProblem> FindUnknownKeys() =>
    [
        .. _users.Select(user => AkkaDefaults.FindUnknown(user.Path) is { } unknown
            ? new HoconProblem(user.Origin, HoconPath.Render(user.Path), unknown)
            : null).OfType<HoconProblem>(),
    ];

    /// <summary>What differs from the defaults of Akka's packages, and where it was written.</summary>
    public IReadOnlyList<HoconEffectiveSetting> FindChanged() =>
    [
        .. from leaf in Leaves([], _node)
           let value = Text(leaf.Node)
           where !string.Equals(Normal(AkkaDefaults.Find(leaf.Path)), Normal(value), StringComparison.Ordinal)
           let path = HoconPath.Render(leaf.Path)
           select new HoconEffectiveSetting(path, HoconSecrets.IsSecret(path) ? HoconSecrets.Hide(value, leaf.Node is HoconScalarNode { IsNull: true }) : HoconSecrets.MaskEmbedded(value), leaf.Node.Origin),
    ];

    /// <summary>What follows from <c>dataload { }</c>, as if it had been written where that was.</summary>
    private static HoconObjectNode Decided(HoconConfig config)
    {
        HoconValue level = config.Get("dataload.log.level");
        HoconValue stop = config.Get("dataload.stop.timeout");
        double milliseconds = stop.AsDuration().TotalMilliseconds;
        var phases = new OrderedDictionary<string, HoconNode>(StringComparer.Ordinal);
        foreach ((string phase, int share) in Phases)
        {
            // Akka takes no phase of no time.
            string timeout = $"{Math.Max(1, (long)(milliseconds * share / 10_000))}ms";
            phases.Add(phase, Object(stop.Origin, "timeout", new HoconScalarNode(stop.Origin, timeout)));
        }

        HoconObjectNode shutdown = Object(stop.Origin, "coordinated-shutdown", Object(stop.Origin, "phases", new HoconObjectNode(stop.Origin, phases)));
        HoconObjectNode log = Object(level.Origin, "loglevel", new HoconScalarNode(level.Origin, AkkaLevel(level.AsString())));
        return Object(level.Origin, "akka", shutdown.MergedWith(log).MergedWith(Remote(config)));
    }

    /// <summary>Where the node listens, what others reach it by, and whether by TLS.</summary>
    private static HoconObjectNode Remote(HoconConfig config)
    {
        var tcp = new OrderedDictionary<string, HoconNode>(StringComparer.Ordinal);
        foreach ((string key, string setting) in RemoteKeys)
        {
            HoconValue value = config.Get($"dataload.cluster.{setting}");
            tcp.Add(key, new HoconScalarNode(value.Origin, value.AsString()));
        }

        HoconValue certificate = config.Get("dataload.cluster.tls.certificate");
        tcp.Add("enable-ssl", new HoconScalarNode(certificate.Origin, certificate.AsString().Length > 0 ? "on" : "off"));
        HoconOrigin origin = config.Get("dataload.cluster.hostname").Origin;
        return Object(origin, "remote", Object(origin, "dot-netty", Object(origin, "tcp", new HoconObjectNode(origin, tcp))));
    }

    private static string AkkaLevel(string level) => level switch
    {
        "trace" or "debug" => "DEBUG",
        "warning" => "WARNING",
        "error" => "ERROR",
        _ => "INFO",
    };

    private static HoconObjectNode Object(HoconOrigin origin, string key, HoconNode value) => new(origin, new(StringComparer.Ordinal) { [key] = value });

    /// <summary>All single values and lists below a node. Nesting is bounded by the resolver.</summary>
    private static IEnumerable<(string[] Path, HoconNode Node)> Leaves(string[] path, HoconNode node) =>
        node is HoconObjectNode o ? o.Fields.SelectMany(field => Leaves([.. path, field.Key], field.Value)) : [(path, node)];

    private static string Text(HoconNode node) => node switch
    {
        HoconArrayNode array => $"[{string.Join(", ", array.Items.Select(Text))}]",
        HoconObjectNode o => $"{{{string.Join(", ", o.Fields.Select(field => $"{field.Key} = {Text(field.Value)}"))}}}",
        _ => ((HoconScalarNode)node).Text,
    };

    /// <summary>A text such that ways to write the same one are equal.</summary>
    private static string? Normal(string? text) => text is null ? null : string.Concat(text.Where(c => !char.IsWhiteSpace(c))) switch
    {
        "on" or "yes" => "true",
        "off" or "no" => "false",
        var other => other,
    };

    /// <summary>A node as a value of Akka's; null, which leaves the default, for null.</summary>
    private static AkkaValue? ToAkka(HoconNode node)
    {
        if (node is HoconScalarNode { IsNull: true })
        {
            return null;
        }

        var value = new AkkaValue();
        switch (node)
        {
            case HoconObjectNode o:
                var fields = new AkkaObject();
                foreach ((string key, HoconNode field) in o.Fields)
                {
                    if (ToAkka(field) is { } below)
                    {
                        fields.Items[key] = below;
                    }
                }

                value.AppendValue(fields);
                break;
            case HoconArrayNode array:
                var items = new HoconArray();
                items.AddRange(array.Items.Select(ToAkka).OfType<AkkaValue>());
                value.AppendValue(items);
                break;
            default:
                value.AppendValue(new HoconLiteral { Value = ((HoconScalarNode)node).Text });
                break;
        }

        return value;
    }
}

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
    private const string Address = "dataload.cluster says where a node is reached. Set that";
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
        .. Fixed(Membership, "akka.cluster", "roles", "min-nr-of-members", "downing-provider-class",
            "auto-down-unreachable-after", "split-brain-resolver"),
        .. Free("akka.cluster.split-brain-resolver", "stable-after", "lease-majority.acquire-lease-delay-for-minority", "lease-majority.release-after"),
        .. Fixed(Membership, "akka", "coordination"),
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
