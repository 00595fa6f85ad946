using System.Threading.Channels;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Watching;

/// <summary>One watcher's bounded view of committed blocks. Read by one, written by all shards.</summary>
public sealed class CountedBlocksWatch : IDisposable
{
    private readonly CountedBlocks _blocks;
    private readonly Channel<JournalBlock> _channel;
    private readonly int _capacity;
    private long _dropped;

    internal CountedBlocksWatch(CountedBlocks blocks, int capacity, Channel<JournalBlock> channel)
    {
        _capacity = capacity;
        _blocks = blocks;
        _channel = channel;
    }

    /// <summary>The blocks as they are committed.</summary>
    public ChannelReader<JournalBlock> Blocks => _channel.Reader;

    /// <summary>How many events were dropped for this watcher since it was last asked.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _blocks.End(this);
        _channel.Writer.TryComplete();
    }

    // Two shards may both see the last place free; the one that comes second is dropped all the same.
    internal bool HasRoom => _channel.Reader.Count < _capacity;

    internal void Take(JournalBlock block)
    {
        if (!_channel.Writer.TryWrite(block))
        {
            Drop(block);
        }
    }

    internal void Drop(JournalBlock block) => Interlocked.Add(ref _dropped, block.LastSequenceNr - block.FirstSequenceNr + 1);
}
