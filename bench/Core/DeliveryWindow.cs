using System.Threading.Channels;

namespace DataLoad.Bench.Core;

/// <summary>Counts deliveries that are done, and lets a feeder wait for room, as a broker's prefetch does.</summary>
/// <param name="prefetch">How many may be under way.</param>
internal sealed class DeliveryWindow(int prefetch)
{
    private readonly Channel<bool> _done = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _fed;
    private long _completed;

    /// <summary>Room for deliveries now.</summary>
    private int Room => prefetch - (int)(_fed - Interlocked.Read(ref _completed));

    /// <summary>So many more are done.</summary>
    public void Complete(int deliveries)
    {
        Interlocked.Add(ref _completed, deliveries);
        _done.Writer.TryWrite(true);
    }

    /// <summary>No more will be done; whoever waits is told why.</summary>
    public void Fail(Exception fault) => _done.Writer.TryComplete(fault);

    /// <summary>Waits for room and takes as much of it as is wanted.</summary>
    public async ValueTask<int> TakeAsync(int wanted)
    {
        while (Room <= 0)
        {
            await _done.Reader.ReadAsync();
        }

        int taken = Math.Min(wanted, Room);
        _fed += taken;
        return taken;
    }

    /// <summary>Waits until all that was fed is done.</summary>
    public async ValueTask WhenDoneAsync()
    {
        while (Room < prefetch)
        {
            await _done.Reader.ReadAsync();
        }
    }
}
