using System.Threading.Channels;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Watching;

/// <summary>Shows persisted blocks to whoever watches. While nobody does it costs a Partition one look at a list a block. Thread-safe.</summary>
/// <remarks>Where a watcher falls behind, blocks are dropped for it and counted, and no Partition waits.</remarks>
public sealed class PersistedBlocks
{
    private readonly Lock _lock = new();
    private volatile Watch[] _watches = [];

    /// <summary>How many watch now.</summary>
    public int Watchers => _watches.Length;

    /// <summary>Begins to watch; dispose the watch to end it.</summary>
    /// <param name="capacity">How many blocks may wait for the watcher before further ones are dropped.</param>
    public Watch Begin(int capacity)
    {
        var watch = new Watch(this, capacity);
        lock (_lock)
        {
            _watches = [.. _watches, watch];
        }

        return watch;
    }

    /// <summary>Shows a block that was persisted, with the number of its events.</summary>
    internal void Show(PersistedBlock block, int events)
    {
        foreach (Watch watch in _watches)
        {
            watch.Take(block, events);
        }
    }

    private void End(Watch watch)
    {
        lock (_lock)
        {
            _watches = [.. _watches.Where(other => other != watch)];
        }
    }

    /// <summary>One watcher's bounded view of persisted blocks. Read by one, written by all Partitions.</summary>
    public sealed class Watch : IDisposable
    {
        private readonly PersistedBlocks _blocks;
        private readonly Channel<PersistedBlock> _channel;
        private long _dropped;

        internal Watch(PersistedBlocks blocks, int capacity)
        {
            _blocks = blocks;
            _channel = Channel.CreateBounded<PersistedBlock>(new BoundedChannelOptions(capacity) { SingleReader = true });
        }

        /// <summary>The blocks as they are persisted.</summary>
        public ChannelReader<PersistedBlock> Blocks => _channel.Reader;

        /// <summary>How many events were dropped for this watcher since it was last asked.</summary>
        public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

        /// <inheritdoc/>
        public void Dispose()
        {
            _blocks.End(this);
            _channel.Writer.TryComplete();
        }

        internal void Take(PersistedBlock block, int events)
        {
            if (!_channel.Writer.TryWrite(block))
            {
                Interlocked.Add(ref _dropped, events);
            }
        }
    }
}
