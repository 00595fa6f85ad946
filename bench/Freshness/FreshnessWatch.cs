using System.Diagnostics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Watching;

namespace DataLoad.Bench.Freshness;

/// <summary>Notes for each stamped event how long it took until it was journaled, and until its row held it. Thread-safe.</summary>
internal sealed class FreshnessWatch
{
    private readonly Lock _lock = new();
    private readonly BlockDecoder _decoder = new(Catalog.Default) { WithTexts = true, WithIdentities = false };
    private readonly Dictionary<CounterId, Queue<(long SequenceNr, long Published)>> _unflushed = [];
    private readonly Dictionary<CounterId, (long SequenceNr, long At)> _rows = [];
    private readonly List<(long Published, double Ms)> _journaled = [];
    private readonly List<(long Published, double Ms)> _flushed = [];

    /// <summary>How many stamped events are journaled and not in their rows.</summary>
    public int Unflushed
    {
        get
        {
            lock (_lock)
            {
                return _journaled.Count - _flushed.Count;
            }
        }
    }

    /// <summary>How many stamped events are journaled.</summary>
    public int Journaled
    {
        get
        {
            lock (_lock)
            {
                return _journaled.Count;
            }
        }
    }

    /// <summary>The milliseconds until journaled, of what was published in a time.</summary>
    public double[] MsToJournal(long from, long to) => Between(_journaled, from, to);

    /// <summary>The milliseconds until in its row, of what was published in a time.</summary>
    public double[] MsToTable(long from, long to) => Between(_flushed, from, to);

    /// <summary>Takes blocks as they are persisted, until the watch ends: each is durable since it is seen.</summary>
    /// <exception cref="InvalidOperationException">Blocks were dropped, so that not every event was seen.</exception>
    public async Task WatchAsync(Watch<PersistedBlock> persisted)
    {
        await foreach (PersistedBlock block in persisted.Items.ReadAllAsync())
        {
            OnPersisted(block, Stopwatch.GetTimestamp());
            long dropped = persisted.TakeDropped();
            if (dropped > 0)
            {
                throw new InvalidOperationException($"{dropped} events were persisted faster than they could be looked at");
            }
        }
    }

    /// <summary>Rows are in their table since <paramref name="at"/>.</summary>
    public void OnFlushed(Page page, IReadOnlyList<StatisticsRow> rows, long at)
    {
        lock (_lock)
        {
            foreach (StatisticsRow row in rows)
            {
                var id = new CounterId(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day);
                _rows[id] = (row.SequenceNr ?? 0, at);
                if (!_unflushed.TryGetValue(id, out Queue<(long SequenceNr, long Published)>? waiting))
                {
                    continue;
                }

                while (waiting.TryPeek(out (long SequenceNr, long Published) first) && first.SequenceNr <= row.SequenceNr)
                {
                    waiting.Dequeue();
                    _flushed.Add((first.Published, Stopwatch.GetElapsedTime(first.Published, at).TotalMilliseconds));
                }
            }
        }
    }

    private void OnPersisted(in PersistedBlock block, long at)
    {
        lock (_lock)
        {
            _decoder.Open(block.Partition, block.SequenceNr, block.Block);
            while (_decoder.Next())
            {
                if (string.Equals(_decoder.Event.Stream.Name, "act.share", StringComparison.Ordinal))
                {
                    Note(_decoder.Event, block.SequenceNr, at);
                }
            }
        }
    }

    private void Note(BusinessEvent @event, long sequenceNr, long at)
    {
        long published = Stamp.Parse(@event.Text(EventText.SessionStr));
        _journaled.Add((published, Stopwatch.GetElapsedTime(published, at).TotalMilliseconds));
        var id = new CounterId(Catalog.Default.PageNamed(@event.Stream.Page).Id, @event.Topic, @event.Day);
        if (_rows.TryGetValue(id, out (long SequenceNr, long At) row) && row.SequenceNr >= sequenceNr)
        {
            // The row was seen before the block: they are told by different threads.
            _flushed.Add((published, Stopwatch.GetElapsedTime(published, row.At).TotalMilliseconds));
            return;
        }

        if (!_unflushed.TryGetValue(id, out Queue<(long SequenceNr, long Published)>? waiting))
        {
            _unflushed.Add(id, waiting = new Queue<(long SequenceNr, long Published)>());
        }

        waiting.Enqueue((sequenceNr, published));
    }

    private double[] Between(List<(long Published, double Ms)> noted, long from, long to)
    {
        lock (_lock)
        {
            return [.. noted.Where(one => one.Published >= from && one.Published < to).Select(one => one.Ms).Order()];
        }
    }
}
