using DataLoad.Engine.Faults;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding;

namespace DataLoad.Engine.Intake;

/// <summary>
/// Which deliveries of one channel are done, and the watermark: the highest tag up to which all are, which is what is
/// acknowledged, many at once. Tags count from 1 without gaps, as AMQP has it. Thread-safe.
/// </summary>
public sealed class AckWindow : IDeliverySink
{
    private readonly Lock _lock = new();
    private readonly Signal _moved;
    private readonly ulong[] _done;
    private readonly ulong _mask;
    private ulong _watermark;

    /// <summary>Makes a window.</summary>
    /// <param name="prefetch">How many deliveries may be unacknowledged.</param>
    /// <param name="moved">Set when the watermark moved.</param>
    public AckWindow(int prefetch, Signal moved)
    {
        _moved = moved;
        uint size = Math.Max(64, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)prefetch + 1));
        _done = new ulong[size / 64];
        _mask = size - 1;
    }

    /// <summary>The highest tag up to which all deliveries are done; 0 at first.</summary>
    public ulong Watermark
    {
        get
        {
            lock (_lock)
            {
                return _watermark;
            }
        }
    }

    /// <inheritdoc/>
    public void Complete(ReadOnlySpan<ulong> tags)
    {
        bool moved = false;
        lock (_lock)
        {
            foreach (ulong tag in tags)
            {
                ulong place = tag & _mask;
                _done[place >> 6] |= 1UL << (int)(place & 63);
                if (Fault.Is(FaultPoint.AckBeyondWatermark) && tag > _watermark)
                {
                    _watermark = tag;
                    moved = true;
                }
            }

            while (true)
            {
                ulong next = (_watermark + 1) & _mask;
                ulong bit = 1UL << (int)(next & 63);
                if ((_done[next >> 6] & bit) == 0)
                {
                    break;
                }

                _done[next >> 6] &= ~bit;
                _watermark++;
                moved = true;
            }
        }

        if (moved)
        {
            _moved.Set();
        }
    }
}
