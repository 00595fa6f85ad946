using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Seen;

/// <summary>Computes from the journal what is damaged in the store: seen keys, and segments of seen hashes. Touches no state.</summary>
internal sealed class SeenRepair(int partition, Contract.Catalog catalog, JournalReader journal, IPartitionStore positions, ISnapshotStore snapshots)
{
    /// <summary>The keys of a chunk.</summary>
    /// <exception cref="StoredFormatException">The journal was trimmed and does not hold all keys any more, or is damaged.</exception>
    public async Task<KeyChunk> KeysAsync(KeyChunkId id, StoredFormatException damage, CancellationToken cancellationToken)
    {
        if ((await positions.LoadAsync(partition, cancellationToken)).Baseline > 0)
        {
            throw damage;
        }

        var chunk = new KeyChunk(id, new IdSet());
        var decoder = new BlockDecoder(catalog) { WithIdentities = false };
        await foreach (PersistedBlock block in journal.ReadAsync(partition, 0, cancellationToken))
        {
            decoder.Open(partition, block.SequenceNr, block.Block);
            while (decoder.Next())
            {
                BusinessEvent @event = decoder.Event;
                if (@event.Identity.Kind == IdentityKind.Key && KeyChunkId.Of(@event.Stream.Id, @event.Topic, @event.Identity.Value) == id)
                {
                    chunk.Keys.Add(KeyChunkId.Low(@event.Identity.Value));
                }
            }
        }

        return chunk;
    }

    /// <summary>What was journaled in a segment's time, up to its end, and the keys of the rows that the store has of it.</summary>
    /// <exception cref="StoredFormatException">The journal does not reach back as far, or is damaged there.</exception>
    public async Task<RepairedHashes> HashesAsync(
        SegmentDamageException damage, (long FromMs, long ToMs) span, long bucketMs, CancellationToken cancellationToken)
    {
        long baseline = (await positions.LoadAsync(partition, cancellationToken)).Baseline;
        bool reachesBack = baseline == 0;
        var hashes = new List<(UInt128, long)>();
        var decoder = new BlockDecoder(catalog);
        await foreach (PersistedBlock block in journal.ReadAsync(partition, baseline, cancellationToken))
        {
            decoder.Open(partition, block.SequenceNr, block.Block);

            // What was trimmed was journaled before the first block that is left; a clock that was set back in between may have
            // mixed them a little, hence a bucket's length of margin.
            reachesBack = reachesBack || decoder.JournaledAtMs <= span.FromMs - bucketMs;
            if (!reachesBack)
            {
                break;
            }

            while (decoder.JournaledAtMs >= span.FromMs && decoder.JournaledAtMs < span.ToMs && decoder.Next())
            {
                if (decoder.Event.Identity.IsHash)
                {
                    hashes.Add((decoder.Event.Identity.Value, decoder.JournaledAtMs));
                }
            }
        }

        return reachesBack ? new RepairedHashes(hashes, await RowsAsync(damage.Segment, cancellationToken)) : throw damage;
    }

    private async Task<List<byte[]>> RowsAsync(SegmentKey segment, CancellationToken cancellationToken)
    {
        var rows = new List<byte[]>();
        foreach (byte[] prefix in segment.RowPrefixes())
        {
            await foreach (Snapshot row in snapshots.ListAsync(partition, SnapshotKind.SeenHashes, prefix, cancellationToken))
            {
                rows.Add(row.Key);
            }
        }

        return rows;
    }
}

/// <summary>What a damaged segment of seen hashes held.</summary>
/// <param name="Hashes">The hashes, and when they were journaled.</param>
/// <param name="Rows">The keys of its rows in the store.</param>
internal sealed record RepairedHashes(IReadOnlyList<(UInt128 Hash, long AtMs)> Hashes, IReadOnlyCollection<byte[]> Rows);
