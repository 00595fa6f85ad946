using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Sharding.Seen;

namespace DataLoad.Engine.Sharding;

/// <summary>What is damaged in the store and the journal can give again: seen keys, and segments of seen hashes.</summary>
internal sealed partial class Shard
{
    private async ValueTask SupplyKeysAsync(KeyChunkId id, Snapshot stored, CancellationToken cancellationToken)
    {
        try
        {
            _state.Supply(KeyChunk.Decode(id, stored.Bytes));
        }
        catch (StoredFormatException e)
        {
            StoredFormatException damage = SnapshotFault.At(Number, SnapshotKind.SeenKeys, stored.SequenceNr, e);
            await RequireOwnedAsync(cancellationToken).ConfigureAwait(false);
            KeyChunk chunk = await MendAsync(damage, token => KeysFromJournalAsync(id, damage, token), cancellationToken).ConfigureAwait(false);
            ShardingLog.KeysMended(_context.Logger, Number, chunk.Keys.Count, damage.Message);
            _state.Supply(chunk);
            chunk.IsDirty = true;
            _state.KeyList.Add(chunk);
        }
    }

    /// <exception cref="StoredFormatException">The journal was trimmed and does not hold all keys any more.</exception>
    private async Task<KeyChunk> KeysFromJournalAsync(KeyChunkId id, StoredFormatException damage, CancellationToken cancellationToken)
    {
        Checkpoint checkpoint = await _context.Snapshots.LoadCheckpointAsync(Number, cancellationToken).ConfigureAwait(false);
        if (checkpoint.BaselineSequenceNr > 0)
        {
            throw damage;
        }

        var chunk = new KeyChunk(id, new IdSet());
        var reader = new BlockReader(_context.Plan.Catalog) { WithIdentities = false };
        await foreach (JournalBlock block in _context.Journal.ReadAsync(Number, 0, cancellationToken).ConfigureAwait(false))
        {
            reader.Open(block);
            while (reader.Next())
            {
                BusinessEvent @event = reader.Event;
                if (@event.Identity.Kind == IdentityKind.Key && KeyChunkId.Of(@event.Stream.Id, @event.Topic, @event.Identity.Value) == id)
                {
                    chunk.Keys.Add(KeyChunkId.Low(@event.Identity.Value));
                }
            }
        }

        return chunk;
    }

    /// <summary>
    /// Makes a segment of seen hashes anew: whatever was journaled in its time is remembered again, which changes nothing
    /// for what other segments hold too, and its rows are removed by the seal that stores it.
    /// </summary>
    /// <exception cref="StoredFormatException">The journal does not reach back as far, or is damaged there.</exception>
    private async ValueTask MendHashesAsync(SegmentDamageException damage, CancellationToken cancellationToken)
    {
        await RequireOwnedAsync(cancellationToken).ConfigureAwait(false);
        List<(UInt128 Hash, long AtMs)> hashes = await MendAsync(damage, token => HashesFromJournalAsync(damage, token), cancellationToken).ConfigureAwait(false);
        List<byte[]> rows = await MendAsync(damage, token => RowsOfAsync(damage.Segment, token), cancellationToken).ConfigureAwait(false);
        foreach ((UInt128 hash, long atMs) in hashes)
        {
            _state.Hashes.Add(hash, atMs);
        }

        _state.Hashes.GiveUp(damage.Segment, rows);
        _state.AccountHashes();
        ShardingLog.HashesMended(_context.Logger, Number, hashes.Count, damage.Message);
    }

    private async Task<List<(UInt128 Hash, long AtMs)>> HashesFromJournalAsync(SegmentDamageException damage, CancellationToken cancellationToken)
    {
        (long fromMs, long toMs) = _state.Hashes.SpanOf(damage.Segment, NowMs);
        Checkpoint checkpoint = await _context.Snapshots.LoadCheckpointAsync(Number, cancellationToken).ConfigureAwait(false);
        bool reachesBack = checkpoint.BaselineSequenceNr == 0;
        var hashes = new List<(UInt128, long)>();
        var reader = new BlockReader(_context.Plan.Catalog);
        await foreach (JournalBlock block in _context.Journal.ReadAsync(Number, checkpoint.BaselineSequenceNr, cancellationToken).ConfigureAwait(false))
        {
            // What was trimmed was journaled before the first block that is left; a clock that was set back in between
            // may have mixed them a little, hence a bucket's length of margin.
            reachesBack = reachesBack || block.JournaledAtMs <= fromMs - _state.Hashes.BucketMs;
            if (!reachesBack)
            {
                break;
            }

            if (block.JournaledAtMs >= fromMs && block.JournaledAtMs < toMs && block.FirstSequenceNr <= _state.AppliedSequenceNr)
            {
                AddHashes(reader, block, hashes);
            }
        }

        return reachesBack ? hashes : throw damage;
    }

    private static void AddHashes(BlockReader reader, JournalBlock block, List<(UInt128 Hash, long AtMs)> hashes)
    {
        reader.Open(block);
        while (reader.Next())
        {
            if (reader.Event.Identity.IsHash)
            {
                hashes.Add((reader.Event.Identity.Value, block.JournaledAtMs));
            }
        }
    }

    private async Task<List<byte[]>> RowsOfAsync(SegmentKey segment, CancellationToken cancellationToken)
    {
        var rows = new List<byte[]>();
        foreach (byte[] prefix in segment.RowPrefixes())
        {
            await foreach (Snapshot row in _context.Snapshots.ListAsync(Number, SnapshotKind.SeenHashes, prefix, cancellationToken).ConfigureAwait(false))
            {
                rows.Add(row.Key);
            }
        }

        return rows;
    }

    /// <summary>Reads what mends a damage, and again while the store is away.</summary>
    private async Task<T> MendAsync<T>(StoredFormatException damage, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                return await read(cancellationToken).ConfigureAwait(false);
            }
            catch (StoredFormatException e) when (!ReferenceEquals(e, damage))
            {
                throw new StoredFormatException($"{damage.Message} It cannot be made anew: {e.Message}", e);
            }
            catch (Exception e) when (e is not StoredFormatException && !cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = _context.Backoff.After(failures);
                ShardingLog.MendFailed(_context.Logger, Number, failures, wait, e.Message);
                await Task.Delay(wait, _context.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
