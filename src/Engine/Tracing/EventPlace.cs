using System.Globalization;

namespace DataLoad.Engine.Tracing;

/// <summary>Where an event stands among those of all Partitions in time order. Written as <c>time.partition.SequenceNr.index</c>.</summary>
/// <param name="TimeMs">When it happened, in epoch milliseconds.</param>
/// <param name="Partition">Its Partition.</param>
/// <param name="SequenceNr">Its block's number.</param>
/// <param name="Index">Its place in its block, from 0.</param>
public readonly record struct EventPlace(long TimeMs, int Partition, long SequenceNr, int Index) : IComparable<EventPlace>
{
    /// <summary>Before all events.</summary>
    public static EventPlace Start => new(long.MinValue, 0, 0, 0);

    /// <inheritdoc/>
    public int CompareTo(EventPlace other) =>
        TimeMs != other.TimeMs ? TimeMs.CompareTo(other.TimeMs)
        : Partition != other.Partition ? Partition.CompareTo(other.Partition)
        : SequenceNr != other.SequenceNr ? SequenceNr.CompareTo(other.SequenceNr)
        : Index.CompareTo(other.Index);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <returns>Null where it is no place.</returns>
    public static EventPlace? Parse(string text)
    {
        string[] parts = text.Split('.');
        return parts.Length == 4
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long timeMs)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long sequenceNr)
            && int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                ? new EventPlace(timeMs, partition, sequenceNr, index)
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TimeMs}.{Partition}.{SequenceNr}.{Index}");
}
