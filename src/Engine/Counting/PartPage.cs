using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Counting;

/// <summary>A page of a breakdown's parts: what is stored as one snapshot, at a SequenceNr of its own, so that only pages that changed are saved.</summary>
internal sealed class PartPage(int number)
{
    /// <summary>How many parts a page takes.</summary>
    public const int MaxParts = 256;

    /// <summary>Its number within its breakdown, 0 and up.</summary>
    public int Number { get; set; } = number;

    public List<CounterPart> Parts { get; } = [];

    /// <summary>The SequenceNr that its stored state holds at: what comes at or below it is in it.</summary>
    public long LoadedSequenceNr { get; init; }

    /// <summary>Whether it changed since it was taken to be saved.</summary>
    public bool IsChanged { get; set; }
}

/// <summary>On which pages the parts of a stored Counter by a breakdown are.</summary>
/// <param name="Breakdown">The breakdown.</param>
/// <param name="First">The number of the first page, 0 and up.</param>
/// <param name="Count">How many there are, one behind the other.</param>
public readonly record struct PartPages(Breakdown Breakdown, int First, int Count)
{
    /// <summary>The number behind that of the last.</summary>
    public int End => First + Count;

    /// <summary>Their numbers.</summary>
    public IEnumerable<int> Numbers => Enumerable.Range(First, Count);
}
