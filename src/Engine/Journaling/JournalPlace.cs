using System.Globalization;

namespace DataLoad.Engine.Journaling;

/// <summary>A place in a Partition's journal: a block, and one of its entries or, without an index, all of them. Written as <c>1200</c> or <c>1200.35</c>.</summary>
/// <param name="SequenceNr">The block's number; 0 is before the first.</param>
/// <param name="Index">The entry's place in its block, from 0; null for the block's end.</param>
public readonly record struct JournalPlace(long SequenceNr, int? Index)
{
    /// <summary>Before the first entry.</summary>
    public static JournalPlace Start => new(0, null);

    /// <summary>The first block that may hold an entry behind it.</summary>
    public long FirstBlock => Index is null ? SequenceNr + 1 : SequenceNr;

    /// <summary>Whether it is the other place or before it.</summary>
    public bool IsUpTo(JournalPlace other) => SequenceNr < other.SequenceNr || (SequenceNr == other.SequenceNr && Index <= (other.Index ?? int.MaxValue));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <returns>Null where it is no place.</returns>
    public static JournalPlace? Parse(string text)
    {
        string[] parts = text.Split('.');
        return parts.Length <= 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long sequenceNr)
            && int.TryParse(parts.Length == 2 ? parts[1] : "0", NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                ? new JournalPlace(sequenceNr, parts.Length == 2 ? index : null)
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Index is { } index
        ? string.Create(CultureInfo.InvariantCulture, $"{SequenceNr}.{index}")
        : SequenceNr.ToString(CultureInfo.InvariantCulture);
}
