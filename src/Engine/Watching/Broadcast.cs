using System.Threading.Channels;

namespace DataLoad.Engine.Watching;

/// <summary>Shows what happens to whoever watches. While nobody does it costs one look at a list. Thread-safe.</summary>
/// <remarks>Where a watcher falls behind, what happens is dropped for it and counted, and nobody waits.</remarks>
public sealed class Broadcast<T>
{
    private readonly Lock _lock = new();
    private volatile Watch<T>[] _watches = [];

    /// <summary>How many watch now.</summary>
    public int Watchers => _watches.Length;

    /// <summary>Begins to watch; dispose the watch to end it.</summary>
    /// <param name="capacity">How many items may wait for the watcher before further ones are dropped.</param>
    public Watch<T> Begin(int capacity)
    {
        var watch = new Watch<T>(this, capacity);
        lock (_lock)
        {
            _watches = [.. _watches, watch];
        }

        return watch;
    }

    /// <summary>Shows an item, which counts as so many where it is dropped.</summary>
    internal void Show(T item, int count = 1)
    {
        foreach (Watch<T> watch in _watches)
        {
            watch.Take(item, count);
        }
    }

    internal void End(Watch<T> watch)
    {
        lock (_lock)
        {
            _watches = [.. _watches.Where(other => other != watch)];
        }
    }
}

/// <summary>One watcher's bounded view of a <see cref="Broadcast{T}"/>. Read by one, written by many.</summary>
public sealed class Watch<T> : IDisposable
{
    private readonly Broadcast<T> _broadcast;
    private readonly Channel<T> _channel;
    private long _dropped;

    internal Watch(Broadcast<T> broadcast, int capacity)
    {
        _broadcast = broadcast;
        _channel = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = true });
    }

    /// <summary>The items as they are shown.</summary>
    public ChannelReader<T> Items => _channel.Reader;

    /// <summary>How many were dropped for this watcher since it was last asked.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _broadcast.End(this);
        _channel.Writer.TryComplete();
    }

    internal void Take(T item, int count)
    {
        if (!_channel.Writer.TryWrite(item))
        {
            Interlocked.Add(ref _dropped, count);
        }
    }
}
