using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Explaining;

/// <summary>Finds the events that made a cell of a statistics table, or a part of one: counts the Counter anew from the baseline and the journal, and notes
/// each event that changes the metric. Reads the journal and the baseline alone, beside the owner. Not thread-safe.</summary>
/// <param name="plan">The compiled catalog.</param>
/// <param name="journal">The journal.</param>
/// <param name="positions">Where the baseline stands.</param>
/// <param name="snapshots">The states at the baseline.</param>
/// <param name="declarations">What lacks events from before it was declared.</param>
public sealed class CellExplanation(
    CountingPlan plan, JournalReader journal, IPartitionStore positions, ISnapshotStore snapshots, IDeclarationStore declarations)
{
    private readonly BlockDecoder _decoder = new(plan.Catalog) { WithTexts = true };

    /// <summary>Reads the journal of the cell's Partition to its end, whatever is listed of it.</summary>
    /// <typeparam name="T">What an event is listed as.</typeparam>
    /// <param name="partition">The Partition of the cell's topic.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="page">Which of the events are listed.</param>
    /// <param name="show">Makes what is listed of the event that the decoder stands at; <see cref="Addition"/> says what it did.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">The journal or its baseline is damaged.</exception>
    /// <exception cref="OverflowException">A sum is larger than its column holds.</exception>
    /// <exception cref="TimeoutException">The journal was trimmed each time that it was read.</exception>
    public Task<ExplainedCell<T>> RunAsync<T>(
        int partition, ExplainedId cell, ExplainedPage page, Func<BlockDecoder, Addition, T> show, CancellationToken cancellationToken) =>
        StableBaseline.ReadAsync(partition, positions, baseline => ReadAsync(partition, cell, page, baseline, show, cancellationToken), cancellationToken);

    private async Task<ExplainedCell<T>> ReadAsync<T>(
        int partition, ExplainedId cell, ExplainedPage page, long baseline, Func<BlockDecoder, Addition, T> show, CancellationToken cancellationToken)
    {
        Counter? stored = await AtBaselineAsync(partition, cell, cancellationToken);
        Counter counter = stored ?? new Counter(cell.Counter, cell.Page);

        // Of a baseline from before its breakdown was on, nobody knows what a value had: the part is counted from nothing then.
        bool isKnown = cell.Part is not { } part || counter.Find(part.Breakdown) is not null;
        long whole = counter.Value(cell.Metric);
        counter = cell.Part is { } value ? PartOf(counter, value) : counter;
        var found = new Listing<T>(page, show)
        {
            Baseline = isKnown ? counter.Value(cell.Metric) : whole,
            Lacking = stored is null ? [] : await LackingAsync(partition, cell, cancellationToken),
        };
        found.Value = counter.Value(cell.Metric);
        found.LastSequenceNr = baseline;
        await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, baseline, cancellationToken))
        {
            if (entry.Entry is Block block)
            {
                _decoder.Open(partition, entry.SequenceNr, block);
                Read(cell, counter, found);
            }

            found.LastSequenceNr = entry.SequenceNr;
        }

        return found.Result(baseline);
    }

    /// <summary>What of a cell whose Counter counted before the journal begins was declared when the Partition's journal had been trimmed.</summary>
    private async Task<IReadOnlyList<Declaration>> LackingAsync(int partition, ExplainedId cell, CancellationToken cancellationToken)
    {
        string? table = cell.Part is { } part ? new StatisticsTable(cell.Page, part.Breakdown).Name : null;
        string column = cell.Page.Metrics[cell.Metric].Column;
        BackfillMarks marks = await declarations.BackfilledAsync(partition, cancellationToken);
        return
        [
            .. (await declarations.ListAsync(cancellationToken))
                .Where(known => known.Column is null ? string.Equals(known.Table, table, StringComparison.Ordinal)
                    : string.Equals(known.Table, cell.Page.Table, StringComparison.Ordinal) && string.Equals(known.Column, column, StringComparison.Ordinal))
                .Select(known => known with { LacksBeforeMs = marks.LacksBeforeMs.GetValueOrDefault(known.Mark) })
                .Where(known => known.LacksBeforeMs > 0),
        ];
    }

    private async Task<Counter?> AtBaselineAsync(int partition, ExplainedId cell, CancellationToken cancellationToken)
    {
        Dictionary<CounterId, StoredCounter> states = await new StoredCounters(snapshots, SnapshotKind.Baseline)
            .LoadAsync(partition, [cell.Counter], _ => cell.Page, cancellationToken);
        return states.TryGetValue(cell.Counter, out StoredCounter? state)
            ? state.Decode(cell.Counter, cell.Page, long.MaxValue)
            : null;
    }

    /// <summary>A Counter of one part alone.</summary>
    private static Counter PartOf(Counter counter, BreakdownValue value)
    {
        var part = new Counter(counter.Id, counter.Page);
        if (counter.Find(value.Breakdown)?.Find(value) is { } stored)
        {
            for (int place = 0; place < stored.CellCount; place++)
            {
                CounterPart.Cell cell = stored.CellAt(place);
                part.SetState(cell.Metric, cell.Sum, cell.Set);
            }
        }

        return part;
    }

    private void Read<T>(ExplainedId cell, Counter counter, Listing<T> found)
    {
        for (int index = 0; _decoder.Next(); index++)
        {
            BusinessEvent @event = _decoder.Event;
            if (@event.Day != cell.Counter.Day || !@event.Topic.Equals(cell.Counter.Topic) || plan.PageByStream[@event.Stream.Id].Id != cell.Counter.PageId
                || (cell.Part is { } part && !BreakdownValue.Of(part.Breakdown, @event).Equals(part)))
            {
                continue;
            }

            long before = counter.Value(cell.Metric);
            plan.ApplyToWhole(@event, counter);
            long after = counter.Value(cell.Metric);
            if (after != before)
            {
                found.Add(_decoder, new Addition(index, after - before, after));
            }
        }
    }

    /// <summary>What has been found, and what is listed of it.</summary>
    private sealed class Listing<T>(ExplainedPage page, Func<BlockDecoder, Addition, T> show)
    {
        private readonly List<T> _items = [];
        private long _events;
        private long _added;
        private long? _valueAtRow;
        private JournalPlace _last = page.After;
        private bool _hasMore;

        public required long Baseline { get; init; }
        public required IReadOnlyList<Declaration> Lacking { get; init; }
        public long Value { get; set; }
        public long LastSequenceNr { get; set; }

        public void Add(BlockDecoder decoder, Addition addition)
        {
            if (page.RowSequenceNr is { } row && decoder.SequenceNr > row)
            {
                _valueAtRow ??= Value;
            }

            _events++;
            _added += addition.Added;
            Value = addition.Value;
            var place = new JournalPlace(decoder.SequenceNr, addition.Index);
            if (place.IsUpTo(page.After))
            {
                return;
            }

            if (_items.Count == page.Limit)
            {
                _hasMore = true;
                return;
            }

            _items.Add(show(decoder, addition));
            _last = place;
        }

        public ExplainedCell<T> Result(long baseline) => new()
        {
            Baseline = Baseline,
            BaselineSequenceNr = baseline,
            Events = _events,
            Added = _added,
            Value = Value,
            ValueAtRow = page.RowSequenceNr is null ? null : _valueAtRow ?? Value,
            LastSequenceNr = LastSequenceNr,
            Lacking = Lacking,
            Items = _items,
            Next = _hasMore ? _last : null,
        };
    }
}

/// <summary>A cell of a statistics table, or of the part of it that a value of a breakdown has.</summary>
/// <param name="Page">The page.</param>
/// <param name="Counter">Its Counter: page, topic and day.</param>
/// <param name="Metric">The metric's place among the page's.</param>
/// <param name="Part">The value whose events alone are meant; null for all.</param>
public sealed record ExplainedId(Page Page, CounterId Counter, int Metric, BreakdownValue? Part);

/// <summary>Which of a cell's events are listed.</summary>
/// <param name="After">The place behind which listing begins.</param>
/// <param name="Limit">How many are listed at the most.</param>
/// <param name="RowSequenceNr">The SequenceNr that the cell's row holds at; null where there is no such row.</param>
public sealed record ExplainedPage(JournalPlace After, int Limit, long? RowSequenceNr);

/// <summary>What an event did to a cell.</summary>
/// <param name="Index">Its place in its block, from 0.</param>
/// <param name="Added">What it added, never 0: a value, in hundredths for an amount, or 1 where it brought a member that was not there yet.</param>
/// <param name="Value">What the cell was after it.</param>
public readonly record struct Addition(int Index, long Added, long Value);

/// <summary>What made a cell.</summary>
/// <typeparam name="T">What an event is listed as.</typeparam>
public sealed record ExplainedCell<T>
{
    /// <summary>What the whole cell was where the journal begins, of a part too: a baseline has no parts.</summary>
    public required long Baseline { get; init; }

    /// <summary>The SequenceNr behind which the journal begins.</summary>
    public required long BaselineSequenceNr { get; init; }

    /// <summary>How many events changed the cell, listed or not.</summary>
    public required long Events { get; init; }

    /// <summary>What they added together.</summary>
    public required long Added { get; init; }

    /// <summary>What the cell is: <see cref="Baseline"/> and <see cref="Added"/>; of a part the latter alone.</summary>
    public required long Value { get; init; }

    /// <summary>What it was at the row's SequenceNr; null where there is no row.</summary>
    public required long? ValueAtRow { get; init; }

    /// <summary>The SequenceNr through which the journal was read.</summary>
    public required long LastSequenceNr { get; init; }

    /// <summary>The metric or the breakdown of a part, where it was declared when the journal had been trimmed of what the Counter had counted before: with the
    /// time before which events that were journaled are not in the cell, for good.</summary>
    public required IReadOnlyList<Declaration> Lacking { get; init; }

    /// <summary>The events of the page, in the journal's order.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Behind which place the next page begins; null where this is the last.</summary>
    public required JournalPlace? Next { get; init; }
}
