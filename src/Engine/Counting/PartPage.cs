namespace DataLoad.Engine.Counting;

/// <summary>A page of a breakdown's parts: what is stored as one snapshot, at a SequenceNr of its own, so that only pages that changed are saved.</summary>
internal sealed class PartPage(int number)
{
    /// <summary>How many parts a page takes.</summary>
    public const int MaxParts = 256;

    /// <summary>Its number within its breakdown, 0 and up.</summary>
    public int Number => number;

    public List<CounterPart> Parts { get; } = [];

    /// <summary>The SequenceNr that its stored state holds at: what comes at or below it is in it.</summary>
    public long LoadedSequenceNr { get; init; }

    /// <summary>Whether it changed since it was taken to be saved.</summary>
    public bool IsChanged { get; set; }
}
