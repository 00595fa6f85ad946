using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;

namespace DataLoad.Engine.Auditing;

/// <summary>
/// Compares the statistics tables with the journal, beside an owner that goes on writing both, and reads the snapshots
/// and the parked deliveries for damage. Changes nothing.
/// </summary>
/// <remarks>
/// A shard's checkpoint is read first, then its rows, then its journal. A row at SequenceNr s must be the fold of its
/// Counter's events up to s, which were journaled before the row was written. Events up to the checkpoint are flushed,
/// so each fold goes on to the checkpoint where the row stands before it: a row that lags behind it shows as a
/// difference, while one that is merely not flushed yet does not.
/// </remarks>
public sealed class Verification
{
    /// <summary>How often a shard is looked at again because its journal was trimmed meanwhile.</summary>
    private const int TrimTries = 5;

    private readonly CountingPlan _plan;
    private readonly IStore _store;
    private readonly VerificationOptions _options;
    private readonly DifferenceList _differences;
    private readonly List<Damage> _damages = [];
    private readonly JournalReplay _replay;
    private readonly JournalCheck _journalCheck;
    private readonly SnapshotCheck _snapshotCheck;
    private long _damageCount;
    private long _events;
    private long _rows;
    private long _notFlushedYet;

    /// <summary>Makes a verification; <see cref="RunAsync"/> runs it, once.</summary>
    public Verification(CountingPlan plan, IStore store, VerificationOptions options)
    {
        _plan = plan;
        _store = store;
        _options = options;
        _differences = new DifferenceList(options.MaxDifferences);
        _replay = new JournalReplay(plan, store.Journal, store.Snapshots);
        _journalCheck = new JournalCheck(plan.Catalog, store.Journal, Report);
        _snapshotCheck = new SnapshotCheck(plan.Catalog, store.Snapshots, Report);
    }

    /// <summary>Compares all shards.</summary>
    /// <param name="progress">Told how many shards are done, after each.</param>
    /// <param name="cancellationToken">Ends the verification.</param>
    public async Task<VerificationReport> RunAsync(Action<int>? progress, CancellationToken cancellationToken)
    {
        int done = 0;
        foreach (int[] shards in Enumerable.Range(0, _options.Partitions).Chunk(_options.PartitionsPerRead))
        {
            Dictionary<int, Checkpoint> checkpoints = await LoadCheckpointsAsync(shards, cancellationToken).ConfigureAwait(false);
            PartitionRows[] rows = await ReadRowsAsync(shards, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < shards.Length; i++)
            {
                await VerifyShardAsync(shards[i], checkpoints[shards[i]], rows[i], cancellationToken).ConfigureAwait(false);
                rows[i] = new PartitionRows();
                progress?.Invoke(++done);
            }
        }

        if (_options.Filter == StatisticsFilter.All)
        {
            await new ParkedCheck(_store.Parking, Report).RunAsync(cancellationToken).ConfigureAwait(false);
        }

        return new VerificationReport
        {
            Partitions = _options.Partitions,
            Events = _events,
            Rows = _rows,
            NotFlushedYet = _notFlushedYet,
            DifferenceCount = _differences.Count,
            Differences = _differences.Listed,
            DamageCount = _damageCount,
            Damages = _damages,
        };
    }

    private async Task VerifyShardAsync(int shard, Checkpoint checkpoint, PartitionRows rows, CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            Dictionary<CounterId, Counter>? counters = null;
            string? damage = null;
            try
            {
                counters = await _replay.RunAsync(shard, _options.Filter, id => Math.Max(rows.SequenceNrOf(id), checkpoint.SequenceNr), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StoredFormatException or OverflowException)
            {
                damage = e.Message;
            }

            Checkpoint now = await _store.Snapshots.LoadCheckpointAsync(shard, cancellationToken).ConfigureAwait(false);
            if (now.BaselineSequenceNr == checkpoint.BaselineSequenceNr)
            {
                Conclude(shard, rows, counters);
                await CheckStoredAsync(shard, checkpoint, counters, damage, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (tries == TrimTries)
            {
                Report(new Damage(shard, $"The journal of shard {shard} was trimmed each of the {TrimTries} times it was read, last through SequenceNr {now.BaselineSequenceNr}. Verify again, or set a longer dataload.journal.trim-interval."));
                return;
            }

            // A baseline that moved may hold events beyond the rows that were read before it did.
            checkpoint = now;
            rows = (await ReadRowsAsync([shard], cancellationToken).ConfigureAwait(false))[0];
        }
    }

    /// <summary>Tells of all blocks and snapshots that are damaged, not only of the one that a fold or a node meets first.</summary>
    private async Task CheckStoredAsync(int shard, Checkpoint checkpoint, Dictionary<CounterId, Counter>? counters, string? damage, CancellationToken cancellationToken)
    {
        if (counters is null && !await _journalCheck.RunAsync(shard, checkpoint, cancellationToken).ConfigureAwait(false))
        {
            Report(new Damage(shard, damage!));
        }

        await _snapshotCheck.CheckCountersAsync(shard, _options.Filter, counters, _replay.LastSequenceNr, cancellationToken).ConfigureAwait(false);
        if (_options.Filter == StatisticsFilter.All)
        {
            await _snapshotCheck.CheckIdentitiesAsync(shard, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Report(Damage damage)
    {
        _damageCount++;
        if (_damages.Count < _options.MaxDifferences)
        {
            _damages.Add(damage);
        }
    }

    private void Conclude(int shard, PartitionRows rows, Dictionary<CounterId, Counter>? counters)
    {
        _events += _replay.Events;
        foreach ((Page page, StatisticsRow row) in rows.Foreign)
        {
            _differences.AddRow(DifferenceKind.Foreign, page, row.TopicType, row.TopicId, row.Day);
        }

        if (counters is null)
        {
            return;
        }

        foreach ((CounterId id, StatisticsRow row) in rows.ById)
        {
            _rows++;
            Compare(id, row, counters.GetValueOrDefault(id));
        }

        foreach (Counter counter in counters.Values.Where(counter => !rows.Has(counter.Id)))
        {
            if (counter.SequenceNr == 0 && !counter.Values().AsSpan().ContainsAnyExcept(0))
            {
                // Its fold stopped at the checkpoint, before its first event.
                _notFlushedYet++;
            }
            else
            {
                _differences.AddRow(DifferenceKind.Missing, counter.Page, counter.Id.Topic.Type, counter.Id.Topic.Id, counter.Id.Day);
            }
        }
    }

    private void Compare(in CounterId id, StatisticsRow row, Counter? counter)
    {
        Page page = _plan.Catalog.PageById(id.PageId)!;
        if (counter is null)
        {
            _differences.AddRow(DifferenceKind.Unaccounted, page, row.TopicType, row.TopicId, row.Day);
            return;
        }

        if (row.SequenceNr != counter.SequenceNr)
        {
            _differences.AddSequenceNr(page, row, counter.SequenceNr);
        }

        for (int i = 0; i < row.Values.Length; i++)
        {
            if (row.Values[i] != counter.Value(i))
            {
                _differences.AddValue(page, row, i, counter.Value(i));
            }
        }
    }

    private async Task<Dictionary<int, Checkpoint>> LoadCheckpointsAsync(int[] shards, CancellationToken cancellationToken)
    {
        var checkpoints = new Dictionary<int, Checkpoint>();
        foreach (int shard in shards)
        {
            checkpoints.Add(shard, await _store.Snapshots.LoadCheckpointAsync(shard, cancellationToken).ConfigureAwait(false));
        }

        return checkpoints;
    }

    private async Task<PartitionRows[]> ReadRowsAsync(int[] shards, CancellationToken cancellationToken)
    {
        PartitionRows[] rows = [.. shards.Select(_ => new PartitionRows())];
        foreach (Page page in _plan.Catalog.Pages.Where(page => _options.Filter.Page is null || string.Equals(_options.Filter.Page, page.Name, StringComparison.Ordinal)))
        {
            await foreach (StatisticsRow row in _store.Statistics.ReadAsync(page, _options.Filter, cancellationToken).ConfigureAwait(false))
            {
                var topic = new TopicKey(row.TopicType, row.TopicId);
                int place = Array.IndexOf(shards, topic.ShardOf(_options.Partitions));
                if (place >= 0)
                {
                    rows[place].Add(page, new CounterId(page.Id, topic, row.Day), row);
                }
            }
        }

        return rows;
    }
}
