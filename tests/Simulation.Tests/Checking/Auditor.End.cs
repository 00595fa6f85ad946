using System.Globalization;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Tracing;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Stores;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>Judging the end of a run, when all is settled and the last node has stopped in order.</summary>
internal sealed partial class Auditor
{
    private static readonly CountingPlan s_plan = new(Catalog.Default);

    public void JudgeEnd()
    {
        foreach ((int number, GeneratedEvent generated) in _byMessage)
        {
            if (!_acknowledged.Contains(number))
            {
                _world.Fail($"message {number} ({generated}) was never acknowledged");
            }
            else if (!IsPersisted(generated) && !_dead.Contains(number))
            {
                _world.Fail($"lost: message {number} ({generated}) is neither counted nor dead");
            }
        }

        foreach (Page page in Catalog.Default.Pages)
        {
            page.Tables.ToList().ForEach(JudgeRows);
        }

        for (int partition = 0; partition < _scenario.Partitions.Partitions; partition++)
        {
            JudgeSessions(partition);
        }

        int counters = Enumerable.Range(0, _scenario.Partitions.Partitions).Sum(JudgeReplay);
        if (counters != _entries.Count)
        {
            _world.Fail($"the journal gives {counters} rows, of parts too, the events {_entries.Count}");
        }
    }

    /// <summary>What a segment of sessions stands for it knows exactly, whoever sealed, merged or filled it, and however late it landed.</summary>
    private void JudgeSessions(int partition)
    {
        long baseline = _state.PositionsOf(partition).Baseline;
        SortedList<byte[], Snapshot> rows = _state.SnapshotsOf(partition, SnapshotKind.SessionSegments);
        ILookup<long, uint> sessions = SessionsOf(partition, baseline);
        foreach ((byte[] key, Snapshot row) in rows.Where(row => row.Key[0] == PagedRow.DirectoryPrefix()[0]))
        {
            if (!SessionSegmentKey.TryParse(key, out BlockRange range, out _))
            {
                _world.Fail($"Partition {partition} has sessions under the key {Convert.ToHexString(key)}");
                continue;
            }

            SessionSegment segment = SessionSegmentRows.DecodeDirectory(partition, range, row.Bytes);
            var found = new List<(long Block, uint Session)>();
            for (int page = 0; page < segment.PageCount; page++)
            {
                if (!rows.TryGetValue(SessionSegmentKey.Row(range, page), out Snapshot? bytes))
                {
                    _world.Fail($"the sessions of blocks {range} of Partition {partition} lack page {page}");
                    return;
                }

                SessionSegmentRows.DecodePage(partition, segment, page, bytes.Bytes, pair =>
                    found.Add((range.After + 1 + SessionPair.BlockOf(pair), SessionPair.FingerprintOf(pair))));
            }

            SessionsJudged++;
            IEnumerable<(long, uint)> expected = sessions.Where(block => block.Key > range.After && block.Key <= range.Through)
                .SelectMany(block => block.Distinct().Select(session => (block.Key, session)));
            if (!expected.Order().SequenceEqual(found.Where(pair => pair.Block > baseline).Order()))
            {
                _world.Fail($"the sessions of blocks {range} of Partition {partition} are not those of the journal");
            }
        }
    }

    /// <summary>The fingerprints of the sessions of each block behind the baseline.</summary>
    private ILookup<long, uint> SessionsOf(int partition, long baseline)
    {
        var sessions = new List<(long Block, uint Session)>();
        foreach (JournalRow row in _journal.Read(partition.ToString(CultureInfo.InvariantCulture), baseline + 1, long.MaxValue, int.MaxValue))
        {
            if (row.Payload is Block block)
            {
                _decoder.Open(partition, row.SequenceNr, block);
                while (_decoder.Next())
                {
                    string session = Encoding.UTF8.GetString(_decoder.Event.Text(EventText.SessionStr));
                    sessions.Add((row.SequenceNr, SessionFingerprint.OfText(SessionFingerprint.TextOf(session))));
                }
            }
        }

        return sessions.ToLookup(each => each.Block, each => each.Session);
    }

    private void JudgeRows(StatisticsTable table)
    {
        Page page = table.Page;
        SortedDictionary<RowKey, StoredRow> rows = _state.RowsOf(table);
        foreach ((RowKey key, StoredRow row) in rows)
        {
            if (!_entries.ContainsKey(key))
            {
                _world.Fail($"row {key} stands for no event");
            }
            else if (Difference(page, key, long.MaxValue, row.Values) is { } difference)
            {
                _world.Fail($"row {key} is wrong in the end: {difference}");
            }
        }

        foreach (RowKey key in _entries.Keys.Where(key => key.Table == table && !rows.ContainsKey(key)))
        {
            _world.Fail($"row {key} is missing in the end");
        }
    }

    /// <summary>What was kept of the journal when it was trimmed, and the journal behind it, give the same.</summary>
    private int JudgeReplay(int partition)
    {
        var counters = new Dictionary<CounterId, Counter>();
        foreach (Snapshot kept in _state.SnapshotsOf(partition, SnapshotKind.Baseline).Values)
        {
            CounterId id = SnapshotKeys.CounterId(kept.Key);
            Page page = Catalog.Default.PageById(id.PageId)!;
            SortedList<byte[], Snapshot> pages = _state.SnapshotsOf(partition, SnapshotKind.BaselineParts);
            Snapshot[] parts = [.. CounterCodec.DecodeBreakdowns(id, page, kept.Bytes).SelectMany(
                stored => stored.Numbers.Select(number => pages[SnapshotKeys.Of(id, stored.Breakdown, number)]))];
            counters.Add(id, new StoredCounter(partition, SnapshotKind.Baseline, kept, parts).Decode(id, page, long.MaxValue));
        }

        long baseline = _state.PositionsOf(partition).Baseline;
        var decoder = new BlockDecoder(Catalog.Default) { WithTexts = true };
        foreach (JournalRow row in _journal.Read(partition.ToString(CultureInfo.InvariantCulture), baseline + 1, long.MaxValue, int.MaxValue))
        {
            if (row.Payload is Block block)
            {
                decoder.Open(partition, row.SequenceNr, block);
                while (decoder.Next())
                {
                    Apply(decoder.Event, counters, row.SequenceNr);
                }
            }
        }

        int rows = 0;
        foreach ((CounterId id, Counter counter) in counters)
        {
            var key = new RowKey(counter.Page.Name, id.Topic.Type, id.Topic.Id, id.Day);
            JudgeReplayed(partition, counter.Page, key, counter.Values());
            rows++;
            foreach (CounterBreakdown breakdown in counter.Breakdowns)
            {
                foreach (CounterPart part in breakdown.Parts)
                {
                    JudgeReplayed(partition, counter.Page, key with { Part = part.ValueOf(breakdown.Breakdown) }, part.Values(counter.Page));
                    rows++;
                }
            }
        }

        return rows;
    }

    private void JudgeReplayed(int partition, Page page, in RowKey key, long[] values)
    {
        if (Difference(page, key, long.MaxValue, values) is { } difference)
        {
            _world.Fail($"the journal of Partition {partition} gives another row {key}: {difference}");
        }
    }

    private static void Apply(BusinessEvent @event, Dictionary<CounterId, Counter> counters, long sequenceNr)
    {
        Page page = s_plan.PageByStream[@event.Stream.Id];
        var id = new CounterId(page.Id, @event.Topic, @event.Day);
        if (!counters.TryGetValue(id, out Counter? counter))
        {
            counters.Add(id, counter = new Counter(id, page));
        }

        s_plan.Apply(@event, counter, sequenceNr);
    }
}
