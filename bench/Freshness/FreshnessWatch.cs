using System.Diagnostics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Bench.Freshness;

/// <summary>Notes for each stamped event how long it took until it was journaled, and until its row held it. Thread-safe.</summary>
internal sealed class FreshnessWatch
{
    private readonly Lock _lock = new();
    private readonly BlockReader _reader = new(Catalog.Default) { WithTexts = true, WithIdentities = false };
    private readonly Dictionary<CounterId, Queue<(long SequenceNr, long Published)>> _unflushed = [];
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

    /// <summary>Blocks are durable since <paramref name="at"/>.</summary>
    public void OnJournaled(IReadOnlyList<JournalBlock> blocks, long at)
    {
        lock (_lock)
        {
            foreach (JournalBlock block in blocks)
            {
                _reader.Open(block);
                while (_reader.Next())
                {
                    BusinessEvent @event = _reader.Event;
                    if (string.Equals(@event.Stream.Name, "act.share", StringComparison.Ordinal))
                    {
                        Note(@event, _reader.SequenceNr, at);
                    }
                }
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
                if (!_unflushed.TryGetValue(new CounterId(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day), out Queue<(long SequenceNr, long Published)>? waiting))
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

    private void Note(BusinessEvent @event, long sequenceNr, long at)
    {
        long published = Stamp.Parse(@event.Text(EventText.SessionStr));
        _journaled.Add((published, Stopwatch.GetElapsedTime(published, at).TotalMilliseconds));
        var id = new CounterId(Catalog.Default.PageNamed(@event.Stream.Page).Id, @event.Topic, @event.Day);
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
