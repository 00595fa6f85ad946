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
        ("service-unbind", 1500),
        ("service-requests-done", 2250),
        ("service-stop", 300),
        ("cluster-sharding-shutdown-region", 4600),
        ("cluster-leave", 300),
        ("cluster-exiting", 300),
        ("cluster-exiting-done", 150),
        ("cluster-shutdown", 200),
        ("actor-system-terminate", 400),
    ];

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
           select new HoconEffectiveSetting(path, HoconSecrets.IsSecret(path) ? HoconSecrets.Mask : HoconSecrets.MaskEmbedded(value), leaf.Node.Origin),
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
        return Object(level.Origin, "akka", shutdown.MergedWith(log));
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
