using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Sharding;

/// <summary>What is damaged in the store and the journal can give again.</summary>
internal sealed partial class Shard
{
    private async ValueTask SupplyKeysAsync(KeyChunkId id, byte[] stored, CancellationToken cancellationToken)
    {
        try
        {
            _state.Supply(KeyChunk.Decode(id, stored));
        }
        catch (StoredFormatException e)
        {
            KeyChunk chunk = await KeysFromJournalAsync(id, e, cancellationToken).ConfigureAwait(false);
            ShardingLog.KeysMended(_context.Logger, _lease.Shard, chunk.Keys.Count, e.Message);
            _state.Supply(chunk);
            chunk.IsDirty = true;
            _state.KeyList.Add(chunk);
        }
    }

    /// <exception cref="StoredFormatException">The journal was trimmed and does not hold all keys any more.</exception>
    private async ValueTask<KeyChunk> KeysFromJournalAsync(KeyChunkId id, StoredFormatException damage, CancellationToken cancellationToken)
    {
        Checkpoint checkpoint = await _context.Snapshots.LoadCheckpointAsync(_lease.Shard, cancellationToken).ConfigureAwait(false);
        if (checkpoint.BaselineSequenceNr > 0)
        {
            throw new StoredFormatException(damage.Message, damage);
        }

        var chunk = new KeyChunk(id, new IdSet());
        var reader = new BlockReader(_context.Plan.Catalog) { WithIdentities = false };
        await foreach (JournalBlock block in _context.Journal.ReadAsync(_lease.Shard, 0, cancellationToken).ConfigureAwait(false))
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
}
