using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>Segments of one bucket that are worth merging to one. A plan changes nothing and may be dropped.</summary>
internal sealed class CompactionPlan
{
    /// <summary>Makes a plan.</summary>
    public CompactionPlan(IReadOnlyList<Segment> inputs)
    {
        Inputs = inputs;
        Keys = [.. inputs.SelectMany(s => Enumerable.Range(0, s.PageCount), (s, page) => s.Key.Row(page))];
        Ids = inputs.Sum(s => s.Count);
    }

    /// <summary>The store keys to load, of <see cref="SnapshotKind.SeenHashes"/>: all pages of all inputs.</summary>
    public IReadOnlyList<byte[]> Keys { get; }

    /// <summary>How many ids the inputs have together; 16 bytes each to load.</summary>
    public int Ids { get; }

    /// <summary>The segments to merge.</summary>
    internal IReadOnlyList<Segment> Inputs { get; }
}

/// <summary>
/// Rows to save in one transaction, again and again until that succeeds: an outcome that is unknown is no failure,
/// and saving them twice changes nothing.
/// </summary>
/// <param name="SequenceNr">The SequenceNr that they hold at; with those of a seal saved, no id up to it needs the journal.</param>
/// <param name="Writes">The rows; empty where there is nothing to save.</param>
internal sealed record SeenWrites(long SequenceNr, IReadOnlyList<SnapshotWrite> Writes);
