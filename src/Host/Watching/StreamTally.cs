using System.Collections.Concurrent;

namespace DataLoad.Host.Watching;

/// <summary>What was counted of one stream since the node started. Thread-safe.</summary>
internal sealed class StreamTally
{
    private readonly long[] _counts = new long[(int)TallyKind.Count];

    /// <summary>Dead letters by reason.</summary>
    public ConcurrentDictionary<string, long> Reasons { get; } = new(StringComparer.Ordinal);

    public void Add(TallyKind kind, long value) => Interlocked.Add(ref _counts[(int)kind], value);

    /// <summary>The counts by <see cref="TallyKind"/>.</summary>
    public long[] Read()
    {
        long[] counts = new long[_counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Read(ref _counts[i]);
        }

        return counts;
    }
}
