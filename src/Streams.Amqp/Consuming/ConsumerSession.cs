namespace DataLoad.Streams.Amqp;

/// <summary>A channel that consumes, with its ring and its window of acknowledgements. What is completed after it was let go of does nothing.</summary>
internal sealed class ConsumerSession : IAsyncDisposable
{
    private readonly AckWindow _window;
    private readonly long _incarnation;
    private readonly Action<ConsumerSession> _wake;
    private ulong _acknowledged;
    private ulong _acknowledgedBefore;
    private Task _acknowledging = Task.CompletedTask;
    private int _isAwake;
    private bool _isOver;

    private ConsumerSession(
        IAmqpConnection connection, string host, IAmqpChannel channel, long incarnation, int prefetch, long maxBytes, Action<ConsumerSession> wake)
    {
        Host = host;
        Connection = connection;
        Channel = channel;
        _incarnation = incarnation;
        _wake = wake;
        Ring = new DeliveryRing(prefetch, maxBytes, Wake);
        _window = new AckWindow(prefetch, Wake);
    }

    public IAmqpConnection Connection { get; }

    /// <summary>The host of the connection, for people.</summary>
    public string Host { get; }

    public IAmqpChannel Channel { get; }
    public DeliveryRing Ring { get; }

    /// <summary>How many deliveries are unacknowledged.</summary>
    public long Unacknowledged => (long)(Ring.Written - Volatile.Read(ref _acknowledged));

    /// <summary>Whether everything that was taken is acknowledged, as far as the operating system takes it.</summary>
    public bool IsDrained => TakenUnacknowledged == 0;

    /// <summary>How many deliveries were taken and are not acknowledged, as far as the operating system takes it.</summary>
    public long TakenUnacknowledged
    {
        get
        {
            bool isWritten = Volatile.Read(ref _acknowledging).IsCompletedSuccessfully;
            return (long)(Ring.Taken - Volatile.Read(ref isWritten ? ref _acknowledged : ref _acknowledgedBefore));
        }
    }

    /// <summary>Whether anything came that is not completed and released.</summary>
    public bool HasUnfinished => Math.Min(_window.Watermark, Ring.Released) < Ring.Written;

    /// <summary>Whether anything was taken that is not completed and released.</summary>
    public bool HasTakenUnfinished => Math.Min(_window.Watermark, Ring.Released) < Ring.Taken;

    /// <summary>Says that the channel is gone, and that what came by it is to be finished all the same.</summary>
    public void Await() => _window.Await();

    /// <summary>Opens a channel and consumes.</summary>
    public static async Task<ConsumerSession> OpenAsync(
        AmqpConnections connections, AmqpSourceSettings settings, ConsumerControl control, Action<ConsumerSession> wake, CancellationToken cancellationToken)
    {
        IAmqpConnection connection = await connections.GetAsync(AmqpConnectionRole.Consuming, cancellationToken);
        string host = connections.HostOf(AmqpConnectionRole.Consuming, connection);
        IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        int prefetch = control.GrantedOn(connection);
        var session = new ConsumerSession(connection, host, channel, connections.NextIncarnation(), prefetch, settings.MaxBytes, wake);
        return await session.OrDisposeAsync(opened => channel.ConsumeAsync(settings.Queue, prefetch, isExclusive: false, opened.Ring, cancellationToken));
    }

    /// <summary>Takes a batch of what has arrived.</summary>
    /// <returns>Null where nothing has.</returns>
    public DeliveryBatch? TakeBatch(int limit)
    {
        var start = (long)Ring.Taken;
        int count = Ring.Take(limit);
        return count == 0 ? null : new DeliveryBatch(Ring, _window, _incarnation, start, count);
    }

    /// <summary>Says that its owner reads what there is, so that it is woken again by what comes after.</summary>
    public void Rearm() => Interlocked.Exchange(ref _isAwake, 0);

    /// <summary>Acknowledges what is completed and released and not acknowledged yet.</summary>
    /// <returns>Null where there is nothing to acknowledge; done when it is handed to the operating system.</returns>
    public Task? Acknowledge()
    {
        ulong watermark = Math.Min(_window.Watermark, Ring.Released);
        if (watermark <= _acknowledged)
        {
            return null;
        }

        Volatile.Write(ref _acknowledgedBefore, _acknowledged);
        Volatile.Write(ref _acknowledging, Channel.AcknowledgeAsync(watermark, multiple: true));
        Volatile.Write(ref _acknowledged, watermark);
        return _acknowledging;
    }

    /// <summary>Closes the channel, and wakes nobody any more.</summary>
    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isOver, true);
        _window.Close();
        return Channel.DisposeAsync();
    }

    private void Wake()
    {
        if (!Volatile.Read(ref _isOver) && Interlocked.Exchange(ref _isAwake, 1) == 0)
        {
            _wake(this);
        }
    }
}
