using System.Collections.Immutable;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Counting;

/// <summary>All state of one page, topic and day: sums, distinct sets and breakdowns. A fold of the journal's events; owned by its actor, not thread-safe.</summary>
public sealed class Counter(CounterId id, Page page)
{
    /// <summary>The largest sum: what a column of type <c>decimal(18,2)</c> holds, in hundredths.</summary>
    public const long MaxSum = 999_999_999_999_999_999;

    private readonly long[] _sums = new long[page.Metrics.Length];
    private readonly IdSet?[] _sets = new IdSet?[page.Metrics.Length];

    /// <summary>What it counts.</summary>
    public CounterId Id { get; } = id;

    /// <summary>The page whose metrics it has.</summary>
    public Page Page { get; } = page;

    /// <summary>The SequenceNr of the last event that was applied; 0 where there was none.</summary>
    public long SequenceNr { get; internal set; }

    /// <summary>The breakdowns that hold all of its events. One that was stored before a breakdown was turned on lacks that until it is computed anew.</summary>
    public ImmutableArray<CounterBreakdown> Breakdowns { get; internal set; } = [.. page.Breakdowns.Select(breakdown => new CounterBreakdown(breakdown))];

    /// <summary>The SequenceNr through which all of it holds its events: parts are stored apart, and may lag behind.</summary>
    internal long HeldSequenceNr { get; set; }

    /// <summary>An estimate of the managed memory held, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            long bytes = 160 + (16L * _sums.Length);
            foreach (IdSet? set in _sets)
            {
                bytes += set?.ResidentBytes ?? 0;
            }

            foreach (CounterBreakdown breakdown in Breakdowns)
            {
                bytes += breakdown.ResidentBytes;
            }

            return bytes;
        }
    }

    /// <summary>Applies an event of this Counter's page, topic and day, unless the Counter holds it already; tells whether it did.</summary>
    public bool Apply(CountingPlan plan, BusinessEvent @event, long sequenceNr)
    {
        if (sequenceNr <= HeldSequenceNr)
        {
            return false;
        }

        plan.Apply(@event, this, sequenceNr);
        StandAt(sequenceNr);
        return true;
    }

    /// <summary>The breakdown of that kind, or null where it does not hold all events.</summary>
    public CounterBreakdown? Find(Breakdown breakdown) => Breakdowns.FirstOrDefault(known => known.Breakdown == breakdown);

    /// <summary>All events of a block were applied.</summary>
    internal void StandAt(long sequenceNr)
    {
        SequenceNr = Math.Max(SequenceNr, sequenceNr);
        HeldSequenceNr = Math.Max(HeldSequenceNr, sequenceNr);
    }

    /// <summary>Takes a stored page of parts in; rows of it that hold beyond a SequenceNr are to be written again.</summary>
    /// <exception cref="StoredFormatException">The page is none that follows.</exception>
    internal void AddParts(Breakdown breakdown, PartPage parts, long flushedSequenceNr)
    {
        try
        {
            Find(breakdown)!.AddPage(parts, flushedSequenceNr);
            HeldSequenceNr = Math.Min(HeldSequenceNr, parts.LoadedSequenceNr);
        }
        catch (InvalidDataException e)
        {
            throw CounterCodec.Damaged(Id, e);
        }
    }

    /// <summary>Makes all parts to be written and saved.</summary>
    internal void MarkAllChanged()
    {
        foreach (CounterBreakdown breakdown in Breakdowns)
        {
            breakdown.MarkAllChanged();
        }
    }

    /// <summary>Begins the breakdowns that are on and that it lacks, with no parts.</summary>
    internal void BeginBreakdowns() =>
        Breakdowns = [.. Page.Breakdowns.Select(breakdown => Find(breakdown) ?? new CounterBreakdown(breakdown))];

    /// <summary>A metric's value: a sum, or the size of a set on top of what was adopted; amounts in hundredths.</summary>
    public long Value(int metric) => _sums[metric] + (_sets[metric]?.Count ?? 0);

    /// <summary>All metrics' values, in the page's order.</summary>
    public long[] Values()
    {
        var values = new long[_sums.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Value(i);
        }

        return values;
    }

    /// <summary>A distinct metric's set, or null while it is empty.</summary>
    public IdSet? Set(int metric) => _sets[metric];

    /// <summary>A metric's sum; for a distinct metric, what was adopted before the first event.</summary>
    public long Sum(int metric) => _sums[metric];

    internal void AddSum(int metric, long value)
    {
        long sum = checked(_sums[metric] + value);
        _sums[metric] = sum <= MaxSum ? sum : throw new OverflowException();
    }

    internal void AddId(int metric, int id)
    {
        if (id > 0)
        {
            (_sets[metric] ??= new IdSet()).Add(id);
        }
    }

    internal void SetState(int metric, long sum, IdSet? set)
    {
        _sums[metric] = sum;
        _sets[metric] = set;
    }
}

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
