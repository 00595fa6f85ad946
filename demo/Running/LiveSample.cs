namespace DataLoad.Demo;

/// <summary>What the live view shows at a moment.</summary>
/// <param name="Elapsed">Since the first message.</param>
/// <param name="Published">Messages confirmed by the broker.</param>
/// <param name="Counted">Events that the tables hold.</param>
/// <param name="Expected">Events that the tables should hold in the end, as far as their count columns tell.</param>
/// <param name="Dead">Dead letters in their queue.</param>
/// <param name="DeadExpected">Dead letters that broken messages should become.</param>
/// <param name="Duplicates">Repeats sent.</param>
/// <param name="Top">The busiest topics, from the tables.</param>
public sealed record LiveSample(TimeSpan Elapsed, long Published, long Counted, long Expected, long Dead, long DeadExpected, long Duplicates, IReadOnlyList<TopTopic> Top)
{
    /// <summary>How many Partitions each node has; empty where there is one node, or none answers.</summary>
    public IReadOnlyList<int> Shares { get; init; } = [];

    /// <summary>Messages a second since the sample before.</summary>
    public double PublishedRate { get; init; }

    /// <summary>Events counted a second since the sample before.</summary>
    public double CountedRate { get; init; }

    /// <summary>Events sent but not in the tables yet.</summary>
    public long Lag => Math.Max(0, Expected - Counted);
}
