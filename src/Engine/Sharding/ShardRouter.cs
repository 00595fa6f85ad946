using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Sharding;

/// <summary>Sorts one source's events into batches, a batch per shard, and hands them over. Used by one loop.</summary>
public sealed class ShardRouter(ShardRegion region)
{
    private readonly ShardBatch?[] _batches = new ShardBatch?[region.Shards];
    private readonly List<int> _touched = [];
    private IDeliverySink _sink = null!;

    /// <summary>Starts over, for a sink; what was added and not posted is forgotten.</summary>
    public void Start(IDeliverySink sink)
    {
        _sink = sink;
        foreach (int shard in _touched)
        {
            region.Recycle(_batches[shard]!);
            _batches[shard] = null;
        }

        _touched.Clear();
    }

    /// <summary>Adds an event.</summary>
    public void Add(BusinessEvent @event, ulong tag)
    {
        int shard = @event.Topic.ShardOf(_batches.Length);
        ShardBatch? batch = _batches[shard];
        if (batch is null)
        {
            _batches[shard] = batch = region.Rent(_sink);
            _touched.Add(shard);
        }

        batch.Add(@event, region.PageOf(@event.Stream), tag);
    }

    /// <summary>Hands the batches to their shards; waits while a mailbox is full.</summary>
    public async ValueTask PostAsync(CancellationToken cancellationToken)
    {
        while (_touched.Count > 0)
        {
            int shard = _touched[^1];
            await region.PostAsync(shard, _batches[shard]!, cancellationToken).ConfigureAwait(false);
            _batches[shard] = null;
            _touched.RemoveAt(_touched.Count - 1);
        }
    }
}
