using System.Net.Sockets;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>When a connection reads again. A broker sends a busy queue's deliveries a few at a time, and being woken for each few costs both sides more than
/// the deliveries do: so what comes within an interval after a read is read together, and within a quarter of it while little comes. After one in which
/// nothing came, the next bytes are read at once. For the interval the socket's low-water mark is raised (<c>SO_RCVLOWAT</c>, socket(7)), so that the kernel
/// does not wake this process for what is not to be read yet.</summary>
internal sealed class ReadPace
{
    // More than comes within an interval. Linux makes room for that many bytes where its bound on a socket's memory allows it.
    private const int Raised = 1024 * 1024;
    private const int Lowered = 1;

    // Some hundred deliveries a pause: below that, waiting longer saves little.
    private const int Much = 32 * 1024;

    private readonly TimeSpan _interval;
    private readonly TimeSpan _short;
    private readonly TimeProvider _time;
    private Socket? _socket;
    private bool _isRaised;
    private int _bytes;

    /// <param name="stream">What is read. Only a socket's mark is raised: TLS reads more than it was asked for, and would wait for it.</param>
    /// <param name="interval">How long, from a read on, the next one is put off; zero reads at once.</param>
    /// <param name="time">The clock.</param>
    public ReadPace(Stream stream, TimeSpan interval, TimeProvider time)
    {
        _socket = interval > TimeSpan.Zero ? (stream as NetworkStream)?.Socket : null;
        (_interval, _short, _time) = (interval, interval / 4, time);
    }

    /// <summary>Puts off the next read where this one took all there was: where it filled its room, more waits and is read at once.</summary>
    public async ValueTask PauseAsync(int bytes, int room, CancellationToken cancellationToken)
    {
        // No more than tells: a backlog may fill the room for gigabytes on end.
        _bytes = Math.Min(Much, _bytes + bytes);
        if (bytes == room || _interval == TimeSpan.Zero)
        {
            return;
        }

        TimeSpan pause = _bytes < Much ? _short : _interval;
        _bytes = 0;
        SetMark(raised: true);
        await Task.Delay(pause, _time, cancellationToken);
    }

    /// <summary>Sees to it that a read gets what there is, or the first bytes that come.</summary>
    public void BeforeRead()
    {
        if (_isRaised && _socket is { Available: 0 })
        {
            SetMark(raised: false);
        }
    }

    private void SetMark(bool raised)
    {
        if (_socket is null || _isRaised == raised)
        {
            return;
        }

        try
        {
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, raised ? Raised : Lowered);
            _isRaised = raised;
        }
        catch (SocketException) when (raised)
        {
            // A system without the option: reads are put off all the same. What else ails the socket, the read tells.
            _socket = null;
        }
    }
}
