namespace DataLoad.Engine.Partitions;

/// <summary>How far apart a node's Partitions begin their blocks while events come fast: the interval that is set, or twice, four times, eight times … as much
/// where writes to the journal take long, as they do while all processors are busy or the database is slow. What comes waits then in any case, and fewer
/// and larger writes get done sooner. Thread-safe.</summary>
/// <remarks>The intervals are powers of two apart: the multiples of a longer one are among those of a shorter one, so that Partitions that do not follow at
/// once begin together all the same.</remarks>
/// <param name="interval">The interval where writes are fast; zero is none.</param>
/// <param name="longest">What it is never longer than, unless <paramref name="interval"/> is.</param>
internal sealed class BlockPace(TimeSpan interval, TimeSpan longest)
{
    /// <summary>The part of a doubled interval that a write takes at the least.</summary>
    private const double WriteShare = 0.2;

    // A write weighs so much against those before it: all Partitions of a node tell of the same one.
    private const double Weight = 1.0 / 64;

    private readonly Lock _lock = new();
    private double _writeTicks = double.NaN;
    private long _intervalTicks = interval.Ticks;

    /// <summary>The interval that holds now; zero is none.</summary>
    public TimeSpan Interval => TimeSpan.FromTicks(Volatile.Read(ref _intervalTicks));

    /// <summary>Notes how long the write of a block took, from when it was handed over until it was known to be persisted.</summary>
    public void Wrote(TimeSpan took)
    {
        lock (_lock)
        {
            _writeTicks = double.IsNaN(_writeTicks) ? took.Ticks : _writeTicks + (Weight * (took.Ticks - _writeTicks));
            long ticks = interval.Ticks;
            while (ticks > 0 && 2 * ticks <= longest.Ticks && 2 * ticks * WriteShare <= _writeTicks)
            {
                ticks *= 2;
            }

            Volatile.Write(ref _intervalTicks, ticks);
        }
    }
}
