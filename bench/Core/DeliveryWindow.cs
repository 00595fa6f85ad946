using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding;

namespace DataLoad.Bench.Core;

/// <summary>Counts deliveries that are done, and lets a feeder wait for room, as a broker's prefetch does.</summary>
/// <param name="prefetch">How many may be under way.</param>
internal sealed class DeliveryWindow(int prefetch) : IDeliverySink
{
    private readonly Signal _done = new();
    private long _fed;
    private long _completed;

    /// <summary>Room for deliveries now.</summary>
    private int Room => prefetch - (int)(_fed - Interlocked.Read(ref _completed));

    /// <inheritdoc/>
    public void Complete(ReadOnlySpan<ulong> tags)
    {
        if (!tags.IsEmpty)
        {
            Interlocked.Add(ref _completed, tags.Length);
            _done.Set();
        }
    }

    /// <summary>Waits for room and takes as much of it as is wanted.</summary>
    public async ValueTask<int> TakeAsync(int wanted, CancellationToken cancellationToken)
    {
        while (Room <= 0)
        {
            await _done.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        int taken = Math.Min(wanted, Room);
        _fed += taken;
        return taken;
    }

    /// <summary>Waits until all that was fed is done.</summary>
    public async ValueTask WhenDoneAsync(CancellationToken cancellationToken)
    {
        while (Room < prefetch)
        {
            await _done.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
