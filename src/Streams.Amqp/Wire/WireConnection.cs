namespace DataLoad.Streams.Amqp.Wire;

/// <summary>A connection: one loop reads what has come into one buffer, puts the deliveries straight into their rings, and wakes each source once for all of
/// them. While the deliveries of one source take more than they may, reading waits for all, heartbeats go on, and in the end its channel is closed.</summary>
internal sealed class WireConnection : IAmqpConnection
{
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly Stream _stream;
    private readonly FrameBuffer _frames;
    private readonly FrameSender _sender;
    private readonly Heartbeat _heartbeat;
    private readonly ReadPace _pace;
    private readonly Lock _lock = new();
    private readonly WireChannel?[] _channels;
    private readonly List<WireChannel> _touched = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<AmqpEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closeOk = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private volatile string? _blocked;

    private WireConnection(Stream stream, FrameBuffer frames, AmqpConnectionSettings settings, AmqpConnectionRole role, TimeProvider time, FrameLimits limits)
    {
        _stream = stream;
        _frames = frames;
        Settings = settings;
        Time = time;
        MaxFrameBytes = limits.FrameBytes;
        _channels = new WireChannel?[limits.Channels + 1];

        // Confirms and answers are waited for: only deliveries are worth being read together.
        _pace = new ReadPace(stream, role == AmqpConnectionRole.Consuming ? settings.ReadInterval : TimeSpan.Zero, time);
        _sender = new FrameSender(stream, e => End($"the connection to the broker was lost: {e.Message}"));
        _heartbeat = new Heartbeat(TimeSpan.FromSeconds(limits.HeartbeatSeconds), time, _sender, reason => End(reason));
    }

    public AmqpConnectionSettings Settings { get; }
    public TimeProvider Time { get; }
    public int MaxFrameBytes { get; }
    public string? Blocked => _blocked;
    public Task<AmqpEnd> Ended => _ended.Task;

    /// <summary>Whether more waits to be sent than is worth adding to.</summary>
    public bool IsBusy => _sender.IsBusy;

    private bool IsOpen => !_ended.Task.IsCompleted;

    /// <summary>Opens a connection over a stream to a broker, which becomes the connection's.</summary>
    /// <exception cref="IOException">The broker refuses, or the stream ended; the stream is the caller's still.</exception>
    public static async Task<WireConnection> OpenAsync(
        Stream stream, AmqpConnectionSettings settings, AmqpConnectionRole role, TimeProvider time, CancellationToken cancellationToken)
    {
        var frames = new FrameBuffer(settings.MaxFrameBytes);
        FrameLimits limits = await new Handshake(stream, frames, settings, role).RunAsync(cancellationToken);
        var connection = new WireConnection(stream, frames, settings, role, time, limits);
        connection._reading = Task.Run(connection.ReadAsync, CancellationToken.None);
        return connection;
    }

    public async Task<IAmqpChannel> OpenChannelAsync(CancellationToken cancellationToken) =>
        await Add().OrDisposeAsync(channel => channel.OpenAsync(cancellationToken));

    /// <summary>Closes the connection, after what was sent before, without waiting long for the broker's word.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsOpen)
        {
            byte[] close = new MethodWriter(0, AmqpMethod.ConnectionClose).UInt16(200).ShortText("done").UInt16(0).UInt16(0).ToBytes();
            Task answered = SendAndWaitAsync(close);
            await Task.WhenAny(answered, _ended.Task, Task.Delay(ClosePatience, Time, CancellationToken.None));
        }

        End("the connection was closed");
        await _reading;
    }

    /// <summary>Sends whole frames; done when they are written.</summary>
    public Task SendAsync(ReadOnlySpan<byte> frames) => _sender.SendAsync(frames);

    /// <summary>Forgets a channel that is closed.</summary>
    public void Remove(WireChannel channel) => Volatile.Write(ref _channels[channel.Number], null);

    private async Task SendAndWaitAsync(byte[] frame)
    {
        await Task.WhenAny(_sender.SendAsync(frame));
        await _closeOk.Task;
    }

    private WireChannel Add()
    {
        lock (_lock)
        {
            for (ushort number = 1; IsOpen && number < _channels.Length; number++)
            {
                if (_channels[number] is null)
                {
                    var channel = new WireChannel(this, number);
                    Volatile.Write(ref _channels[number], channel);
                    return channel;
                }
            }
        }

        throw new AmqpException(IsOpen ? $"All {_channels.Length - 1} channels of the connection are in use." : "The connection to the broker is closed.");
    }

    private async Task ReadAsync()
    {
        try
        {
            // The handshake may have read more than its own.
            TakeFrames();
            await HandOverAsync();
            while (true)
            {
                _pace.BeforeRead();
                Memory<byte> free = _frames.Free();
                int read = await _stream.ReadAsync(free, _ending.Token);
                if (read == 0)
                {
                    End("the broker ended the connection without a word");
                    return;
                }

                _frames.Add(read);
                _heartbeat.HasRead();
                TakeFrames();
                await HandOverAsync();
                await _pace.PauseAsync(read, free.Length, _ending.Token);
            }
        }
        catch (AmqpException e)
        {
            End(e.Message, e.Code);
        }
        catch (Exception e)
        {
            // The end of the connection lands here too, and its reason stands.
            End($"the connection to the broker was lost: {e.Message}");
        }
    }

    private void TakeFrames()
    {
        while (_frames.TryTake(out FrameType type, out ushort number, out ReadOnlySpan<byte> payload))
        {
            if (number == 0)
            {
                OnConnectionFrame(type, payload);
            }
            else if (number < _channels.Length && Volatile.Read(ref _channels[number]) is { } channel)
            {
                if (channel.OnFrame(type, payload))
                {
                    _touched.Add(channel);
                }
            }
            else if (type != FrameType.Method || new MethodReader(payload).Method != AmqpMethod.ChannelCloseOk)
            {
                // Where both sides close a channel at once, the answer comes when it is forgotten already.
                throw new AmqpException($"The broker sent a frame of type {type} on channel {number}, which is not open.");
            }
        }
    }

    /// <summary>Wakes the sources that got something, and waits for those that hold too much.</summary>
    private async ValueTask HandOverAsync()
    {
        foreach (WireChannel channel in _touched)
        {
            channel.Announce();
        }

        foreach (WireChannel channel in _touched)
        {
            if (!channel.HasRoom)
            {
                _heartbeat.Waits(true);
                await channel.WaitForRoomAsync();
                _heartbeat.Waits(false);
            }
        }

        _touched.Clear();
    }

    private void OnConnectionFrame(FrameType type, ReadOnlySpan<byte> payload)
    {
        if (type == FrameType.Heartbeat)
        {
            return;
        }

        if (type != FrameType.Method)
        {
            throw new AmqpException($"The broker sent a frame of type {type} on channel 0.");
        }

        var method = new MethodReader(payload);
        switch (method.Method)
        {
            case AmqpMethod.ConnectionClose:
                (ushort code, string text) = (method.UInt16(), method.ShortText());
                _ = _sender.SendAsync(new MethodWriter(0, AmqpMethod.ConnectionCloseOk).ToBytes());
                throw new AmqpException($"{text} (code {code})", code);
            case AmqpMethod.ConnectionCloseOk: _closeOk.TrySetResult(); break;
            case AmqpMethod.ConnectionBlocked: _blocked = method.ShortText(); break;
            case AmqpMethod.ConnectionUnblocked: _blocked = null; break;
            default:
                // What a later broker may tell.
                break;
        }
    }

    private void End(string reason, int code = 0)
    {
        var end = new AmqpEnd(code, reason, OfConnection: true);
        lock (_lock)
        {
            if (!_ended.TrySetResult(end))
            {
                return;
            }
        }

        foreach (WireChannel? channel in _channels)
        {
            channel?.End(end);
        }

        _heartbeat.Dispose();
        _ending.Cancel();
        _stream.Dispose();
    }
}
