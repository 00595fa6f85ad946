namespace DataLoad.Host.Watching;

/// <summary>How a node or a cluster fares, and why. API, console and readiness show what is judged here, and nobody judges anew.</summary>
/// <param name="State">One of <see cref="Ready"/>, <see cref="Degraded"/> and <see cref="NotReady"/>.</param>
/// <param name="Reasons">Why it is not ready or degraded, a sentence each, the graver ones first; none where it is ready.</param>
internal sealed record OperatingState(string State, IReadOnlyList<string> Reasons)
{
    /// <summary>All is well.</summary>
    public const string Ready = "ready";

    /// <summary>It counts, and something is to be known: it was asked for, or concerns a part of it.</summary>
    public const string Degraded = "degraded";

    /// <summary>Something that it needs is missing, or something waits that should not: <c>/health/ready</c> answers 503.</summary>
    public const string NotReady = "not-ready";

    /// <summary>Nobody has heard of it; only of other nodes.</summary>
    public const string Unknown = "unknown";

    /// <summary>What the names of checks begin with that are about a stream, its parked deliveries, the parking or the dead letters.</summary>
    public const string StreamPrefix = "stream ";

    // So many are named; of more it is said how many there are.
    private const int MostNamed = 3;

    /// <summary>The state of a node.</summary>
    /// <param name="checks">What was looked at, by its name, and what is wrong with it, or null.</param>
    /// <param name="facts">What the node says of itself.</param>
    public static OperatingState Of(IEnumerable<KeyValuePair<string, string?>> checks, NodeFacts facts)
    {
        KeyValuePair<string, string?>[] wrong = [.. checks.Where(check => check.Value is not null)];
        string[] grave =
        [
            .. wrong.Where(check => !IsOfStream(check)).SelectMany(check => Sentences(check.Key, check.Value!, facts)),
            .. Sentences(wrong.Where(IsOfStream).Select(check => KeyValuePair.Create(check.Key[StreamPrefix.Length..], check.Value!))),
        ];
        string[] others = [.. OfParts(facts)];
        return new OperatingState(grave.Length > 0 ? NotReady : others.Length > 0 ? Degraded : Ready, [.. grave.Concat(others).Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>The state of a cluster: ready where all nodes are and belong to it, not ready where none is any use.</summary>
    /// <param name="heard">The state of each node that says something, by its id; this one at least.</param>
    /// <param name="silent">Why others say nothing, by their ids.</param>
    /// <param name="membership">What is wrong among the members, a sentence each.</param>
    public static OperatingState OfCluster(IReadOnlyDictionary<string, OperatingState> heard, IReadOnlyDictionary<string, string> silent, IEnumerable<string> membership)
    {
        string[] reasons =
        [
            .. heard.SelectMany(node => node.Value.Reasons.Select(reason => (Node: node.Key, Reason: reason)))
                .GroupBy(one => one.Reason, one => one.Node, StringComparer.Ordinal).Select(same => OfNodes([.. same], heard.Count + silent.Count, same.Key)),
            .. silent.Select(node => Sentence($"Node {node.Key} says nothing of itself: {node.Value}")),
            .. membership,
        ];
        string[] states = [.. heard.Values.Select(node => node.State)];
        bool isReady = reasons.Length == 0 && states.All(state => state is Ready);
        return new OperatingState(isReady ? Ready : states.All(state => state is NotReady) ? NotReady : Degraded, reasons);
    }

    /// <summary>What fails, a sentence for all that fails alike.</summary>
    /// <param name="failing">The streams and whatever else fails, by name, and why.</param>
    public static IEnumerable<string> Sentences(IEnumerable<KeyValuePair<string, string>> failing) =>
        failing.GroupBy(one => one.Value, one => NameOf(one.Key), StringComparer.Ordinal).Select(same => Sentence($"{Names([.. same.Distinct(StringComparer.Ordinal)])}: {same.Key}"));

    /// <summary>A state in words.</summary>
    public static string InWords(string state) => state.Replace('-', ' ');

    private static bool IsOfStream(KeyValuePair<string, string?> check) => check.Key.StartsWith(StreamPrefix, StringComparison.Ordinal);

    private static IEnumerable<string> Sentences(string check, string wrong, NodeFacts facts) => check switch
    {
        "node" => [Sentence($"The node does not serve: {wrong}")],
        "broker" => [Sentence(wrong.StartsWith("The broker", StringComparison.Ordinal) ? wrong : $"The broker is not connected: {wrong}")],
        "store" when facts.FailingPartitions is { Count: > 0 } partitions =>
            partitions.Take(MostNamed).Select(Sentence).Concat(partitions.Count <= MostNamed ? []
                : [$"{partitions.Count - MostNamed} more Partitions or writers fail likewise: 'dataload partitions' shows them."]),
        "store" => [Sentence($"The store fails: {wrong}")],
        "business" => [Sentence($"The business database fails: {wrong}")],
        "lag" => [Sentence(wrong)],
        _ => [Sentence($"The check '{check}' fails: {wrong}")],
    };

    private static IEnumerable<string> OfParts(NodeFacts facts)
    {
        if (facts.Paused is { Count: > 0 } paused)
        {
            yield return $"Paused by request: {string.Join(", ", paused)}.";
        }

        if (facts.Damaged > 0)
        {
            yield return $"{facts.Damaged} Counters are damaged and set aside: log 2106 names them, 'dataload rebuild' makes them anew.";
        }
    }

    private static string OfNodes(string[] nodes, int all, string reason) => nodes.Length == all ? reason
        : nodes.Length == 1 ? $"Node {nodes[0]}: {reason}" : $"{nodes.Length} nodes: {reason}";

    /// <summary>What is parked of a stream waits for the same as the stream.</summary>
    private static string NameOf(string failing) => failing.Split(" (", 2)[0];

    private static string Names(string[] names) => names.Length <= MostNamed ? string.Join(", ", names) : $"{names.Length} streams";

    private static string Sentence(string text)
    {
        string trimmed = text.Trim();
        return trimmed is [.., '.' or '!' or '?'] ? trimmed : trimmed + ".";
    }
}
