using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tracing;
using Shouldly;

namespace DataLoad.Engine.Tests.Tracing;

/// <summary>A journaled Partition whose owner keeps its index of sessions, step by step as a test says.</summary>
internal sealed class TracedPartition(SessionIndexSettings settings)
{
    private readonly BlockDecoder _decoder = new(Catalog.Default) { WithTexts = true };

    public JournaledPartition Journaled { get; } = new();

    public SessionIndex Index { get; private set; } = new(JournaledPartition.Partition, settings);

    public long Baseline { get; private set; }

    private SessionIndexing Indexing => new(JournaledPartition.Partition, Catalog.Default, settings, Journaled.Reader, Journaled.Store.Snapshots);

    /// <summary>A new owner: what was not sealed it does not know.</summary>
    public async Task OwnAsync()
    {
        await Journaled.OwnAsync();
        Index = new SessionIndex(JournaledPartition.Partition, settings);
        StoredSessions stored = await SessionIndexing.ListAsync(JournaledPartition.Partition, Journaled.Store.Snapshots, default);
        foreach (SessionSegment needless in Index.Open(stored.Segments))
        {
            await SaveAsync([.. SessionMerge.Removals(JournaledPartition.Partition, Journaled.Epoch, needless)]);
        }

        foreach (SessionDamageException damage in stored.Damaged)
        {
            await RemoveAsync(damage.Range);
        }
    }

    /// <summary>Persists events as one block, and has the index take it in.</summary>
    public void Persist(IReadOnlyList<EventSpec> events)
    {
        Journaled.Persist(events);
        Index.Add(Journaled.SequenceNr, [.. events.Select(spec => SessionFingerprint.OfText(SessionFingerprint.TextOf(spec.Texts[EventText.SessionStr])))]);
    }

    public async Task SealAsync()
    {
        SessionWrites writes = Index.Seal(Journaled.Epoch);
        await SaveAsync(writes.Writes);
        Index.Stored(writes.Segment);
    }

    public async Task<bool> MergeAsync()
    {
        IReadOnlyList<SessionSegment> inputs = Index.PlanMerge();
        if (inputs.Count == 0)
        {
            return false;
        }

        try
        {
            SessionWrites merged = await SessionMerge.RunAsync(JournaledPartition.Partition, Journaled.Epoch, inputs, Journaled.Store.Snapshots, default);
            await SaveAsync(merged.Writes);
            Index.Stored(merged.Segment);
        }
        catch (SessionDamageException damage)
        {
            await RemoveAsync(damage.Range);
        }

        return true;
    }

    public async Task<bool> FillAsync()
    {
        if (Index.FindGap(Baseline, Journaled.SequenceNr) is not { } gap)
        {
            return false;
        }

        SessionWrites filled = await Indexing.FillAsync(Journaled.Epoch, gap, default);
        await SaveAsync(filled.Writes);
        Index.Stored(filled.Segment);
        return true;
    }

    /// <summary>Trims the journal, and removes the segments that stand for nothing any more.</summary>
    public async Task TrimAsync(long through)
    {
        Baseline = (await Journaled.TrimAsync(through: through))?.SequenceNr ?? Baseline;
        foreach (SessionSegment segment in Index.Segments.Where(segment => segment.Range.Through <= Baseline).ToList())
        {
            await SaveAsync([.. SessionMerge.Removals(JournaledPartition.Partition, Journaled.Epoch, segment)]);
            Index.Removed(segment.Range);
        }
    }

    public Task<TracedSession<EventPlace>> TraceAsync(string session) => TraceAsync(session, EventPlace.Start, int.MaxValue);

    public Task<TracedSession<EventPlace>> TraceAsync(string session, EventPlace after, int limit, TraceSettings? bounds = null) =>
        new SessionTrace(Catalog.Default, 1, Journaled.Reader, Journaled.Store.Partitions, Journaled.Store.Snapshots, bounds ?? new TraceSettings()).RunAsync<EventPlace>(
            session, after, limit, _ => (decoder, index) => new EventPlace(decoder.Event.TimeMs, JournaledPartition.Partition, decoder.SequenceNr, index), default);

    /// <summary>What the journal holds of every session, event by event.</summary>
    public ILookup<string, EventPlace> ReadAll()
    {
        var events = new List<(string Session, EventPlace Place)>();
        foreach ((long number, object entry) in Journaled.Journal[JournaledPartition.Partition])
        {
            if (entry is not Block block)
            {
                continue;
            }

            _decoder.Open(JournaledPartition.Partition, number, block);
            for (int index = 0; _decoder.Next(); index++)
            {
                events.Add((System.Text.Encoding.UTF8.GetString(_decoder.Event.Text(EventText.SessionStr)),
                    new EventPlace(_decoder.Event.TimeMs, JournaledPartition.Partition, number, index)));
            }
        }

        return events.OrderBy(each => each.Place).ToLookup(each => each.Session, each => each.Place);
    }

    public async Task ShouldTraceAsync(IEnumerable<string> sessions, string because)
    {
        ILookup<string, EventPlace> all = ReadAll();
        foreach (string session in sessions)
        {
            TracedSession<EventPlace> found = await TraceAsync(session);
            found.Items.ShouldBe(all[session], $"{session} {because}");
            found.Events.ShouldBe(found.Items.Count);
            found.UnreadBlocks.ShouldBe(0);
            found.Next.ShouldBeNull();
        }
    }

    public SortedList<byte[], Snapshot> Rows => Journaled.State.Snapshots.TryGetValue(
        (JournaledPartition.Partition, SnapshotKind.SessionSegments), out SortedList<byte[], Snapshot>? rows) ? rows : [];

    /// <summary>Breaks a stored row, or loses it.</summary>
    public void Damage(Random random)
    {
        if (Rows is { Count: > 0 } rows)
        {
            byte[] key = rows.GetKeyAtIndex(random.Next(rows.Count));
            if (random.Next(2) == 0)
            {
                rows.Remove(key);
                return;
            }

            byte[] bytes = [.. rows[key].Bytes];
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            rows[key] = rows[key] with { Bytes = bytes };
        }
    }

    private async Task RemoveAsync(BlockRange range)
    {
        await SaveAsync(await Indexing.RemovalsAsync(Journaled.Epoch, range, default));
        Index.Removed(range);
    }

    private async Task SaveAsync(IReadOnlyList<SnapshotWrite> writes) =>
        (await Journaled.Store.Snapshots.SaveAsync(writes, default)).ShouldBeEmpty();
}
