using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Counting;

/// <summary>A page of a breakdown's parts: what is stored as one snapshot, at a SequenceNr of its own, so that only pages that changed are saved.</summary>
internal sealed class PartPage(int number)
{
    /// <summary>How many parts a page takes.</summary>
    public const int MaxParts = 256;

    // So many parts before a new one are asked for its text: carrier pages have few types, which follow each other in no order.
    private const int TextsCompared = 8;

    private readonly List<CounterPart> _parts = [];

    /// <summary>Its number within its breakdown, 0 and up.</summary>
    public int Number { get; set; } = number;

    /// <summary>Its parts, in the order in which they came.</summary>
    public IReadOnlyList<CounterPart> Parts => _parts;

    /// <summary>The SequenceNr that its stored state holds at: what comes at or below it is in it.</summary>
    public long LoadedSequenceNr { get; init; }

    /// <summary>Whether it changed since it was taken to be saved.</summary>
    public bool IsChanged { get; set; }

    /// <summary>An estimate of the managed memory that its parts hold, in bytes.</summary>
    public long ResidentBytes { get; set; }

    /// <summary>Adds the part of a value that has none.</summary>
    public CounterPart Add(ReadOnlySpan<byte> text, int id)
    {
        byte[]? shared = null;
        for (int i = _parts.Count - 1; shared is null && i >= 0 && i >= _parts.Count - TextsCompared; i--)
        {
            shared = _parts[i].Text.SequenceEqual(text) ? _parts[i].SharedText : null;
        }

        ResidentBytes += CounterPart.OwnBytes + (shared is null ? ManagedBytes.Array(text.Length, 1) : 0);
        var part = new CounterPart(shared ?? text.ToArray(), id, this);
        _parts.Add(part);
        return part;
    }
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
