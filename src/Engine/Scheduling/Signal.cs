using System.Threading.Channels;

namespace DataLoad.Engine.Scheduling;

/// <summary>Wakes one waiting loop. Setting it more than once before the loop looks wakes it once, and costs next to nothing.</summary>
public sealed class Signal
{
    private readonly Channel<bool> _channel = Channel.CreateBounded<bool>(new BoundedChannelOptions(1)
    {
        FullMode = BoundedChannelFullMode.DropWrite,
        SingleReader = true,
    });

    private int _isSet;

    /// <summary>Wakes the loop, now or at its next wait.</summary>
    public void Set()
    {
        // What the caller wrote must be visible before the flag is read: the loop lowers the flag first and looks then.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isSet) == 0 && Interlocked.Exchange(ref _isSet, 1) == 0)
        {
            _channel.Writer.TryWrite(true);
        }
    }

    /// <summary>Waits until it was set since the last wait.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await _channel.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        Interlocked.Exchange(ref _isSet, 0);
    }
}
