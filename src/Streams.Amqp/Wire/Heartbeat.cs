namespace DataLoad.Streams.Amqp.Wire;

/// <summary>Says every half interval that this side lives, where nothing else was sent, and notices when nothing has come of the broker for two. Works by a
/// timer, so that it goes on while reading waits.</summary>
internal sealed class Heartbeat : IDisposable
{
    private static readonly byte[] Frame = [(byte)FrameType.Heartbeat, 0, 0, 0, 0, 0, 0, FrameBuffer.End];

    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly FrameSender _sender;
    private readonly Action<string> _lost;
    private readonly ITimer _timer;
    private long _lastRead;
    private long _lastSent;
    private volatile bool _waiting;

    /// <summary>Begins, with the interval that was agreed on; calls back, with why, when the broker is silent.</summary>
    public Heartbeat(TimeSpan interval, TimeProvider time, FrameSender sender, Action<string> lost)
    {
        (_interval, _time, _sender, _lost) = (interval, time, sender, lost);
        _lastRead = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Beat(), state: null, interval / 2, interval / 2);
    }

    /// <summary>Notes that something was read.</summary>
    public void HasRead() => Volatile.Write(ref _lastRead, _time.GetTimestamp());

    /// <summary>Notes that reading waits by itself, so that nothing can come; or that it goes on.</summary>
    public void Waits(bool waiting)
    {
        HasRead();
        _waiting = waiting;
    }

    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        if (!_waiting && _time.GetElapsedTime(Volatile.Read(ref _lastRead)) >= _interval * 2)
        {
            _lost($"nothing came from the broker for {_interval * 2}, twice the heartbeat");
            return;
        }

        long sent = _sender.Sent;
        if (sent == _lastSent)
        {
            _ = _sender.SendAsync(Frame);
            sent += Frame.Length;
        }

        _lastSent = sent;
    }
}
