using System.Globalization;
using System.Text.RegularExpressions;
using DataLoad.Integration.Tests.EndToEnd;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>When Partitions stopped in order at nodes and served at others, read from the nodes' logs.</summary>
internal static partial class HandOffs
{
    /// <summary>How long Partitions served nowhere: from each end of one at a node to its next beginning at any, the longest first.</summary>
    public static IReadOnlyList<TimeSpan> Gaps(IEnumerable<HostProcess> nodes)
    {
        List<(int Partition, DateTimeOffset At, bool IsEnd)> turns =
        [
            .. from node in nodes
               from Match match in Line().Matches(node.Log)
               let at = DateTimeOffset.Parse(match.Groups["at"].Value, CultureInfo.InvariantCulture)
               orderby at
               select (int.Parse(match.Groups["partition"].Value, CultureInfo.InvariantCulture), at, match.Groups["what"].Value is "stopped"),
        ];
        return
        [
            .. from turn in turns
               where turn.IsEnd
               let next = turns.FirstOrDefault(later => later.Partition == turn.Partition && !later.IsEnd && later.At >= turn.At)
               where next != default
               select next.At - turn.At into gap
               orderby gap descending
               select gap,
        ];
    }

    [GeneratedRegex(@"^(?<at>\S+) info: .* Partition (?<partition>[0-9]+) (?<what>stopped|recovered) at", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Line();
}
