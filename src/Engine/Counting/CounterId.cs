namespace DataLoad.Engine.Counting;

/// <summary>What a Counter counts: a page's metrics for one topic on one day.</summary>
/// <param name="PageId">The page's number.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Day">The day, as <see cref="DateOnly.DayNumber"/>.</param>
public readonly record struct CounterId(byte PageId, TopicKey Topic, int Day)
{
    /// <inheritdoc/>
    public override int GetHashCode() => (int)(Topic.Hash ^ ((ulong)(uint)Day * 0x9E3779B1UL) ^ PageId);

    /// <inheritdoc/>
    public override string ToString() => $"{Topic} on {DateOnly.FromDayNumber(Day):yyyy-MM-dd} (page {PageId})";
}
