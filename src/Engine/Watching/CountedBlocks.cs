using System.Threading.Channels;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Watching;

/// <summary>
/// Shows committed blocks to whoever watches. While nobody does it costs a shard one look at a list a block; where a
/// watcher falls behind, blocks are dropped for it and counted, and no shard waits. Thread-safe.
/// </summary>
public sealed class CountedBlocks
{
    private readonly Lock _lock = new();
    private volatile CountedBlocksWatch[] _watches = [];

    /// <summary>How many watch now.</summary>
    public int Watchers => _watches.Length;

    /// <summary>Begins to watch; dispose the watch to end it.</summary>
    /// <param name="capacity">How many blocks may wait for the watcher before further ones are dropped.</param>
    public CountedBlocksWatch Watch(int capacity)
    {
        var watch = new CountedBlocksWatch(this, capacity, Channel.CreateBounded<JournalBlock>(new BoundedChannelOptions(capacity) { SingleReader = true }));
        lock (_lock)
        {
            _watches = [.. _watches, watch];
        }

        return watch;
    }

    /// <summary>Shows a block that was committed. Its bytes are copied, since the shard uses them again.</summary>
    internal void Show(JournalBlock block)
    {
        CountedBlocksWatch[] watches = _watches;
        if (watches.Length == 0)
        {
            return;
        }

        JournalBlock? copy = null;
        foreach (CountedBlocksWatch watch in watches)
        {
            if (watch.HasRoom)
            {
                watch.Take(copy ??= block with { Bytes = block.Bytes.ToArray() });
            }
            else
            {
                watch.Drop(block);
            }
        }
    }

    internal void End(CountedBlocksWatch watch)
    {
        lock (_lock)
        {
            _watches = [.. _watches.Where(other => other != watch)];
        }
    }
}
