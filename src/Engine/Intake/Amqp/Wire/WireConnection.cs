namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>
/// A connection of the engine's own that consumes: one loop reads what has come into one buffer, puts the deliveries
/// straight into their streams' rings, and wakes each stream once for all of them. While the bodies of one stream take
/// more than they may, reading waits for all streams, heartbeats go on, and after a while that stream's channel is closed.
/// </summary>
internal sealed class WireConnection : IConsumingConnection
{
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly Stream _stream;
    private readonly FrameBuffer _frames;
    private readonly WireSender _sender;
    private readonly WireHeartbeat _heartbeat;
    private readonly ReadPace _pace;
    private readonly Lock _lock = new();
    private readonly WireChannel?[] _channels;
    private readonly List<WireChannel> _touched = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closeOk = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;

    private WireConnection(Stream stream, FrameBuffer frames, WireOptions options, WireLimits limits)
    {
        _stream = stream;
        _frames = frames;
        Options = options;
        _channels = new WireChannel?[limits.Channels + 1];
        _pace = new ReadPace(stream, options.ReadInterval, options.Time);
        _sender = new WireSender(stream, e => End($"the connection to the broker was lost: {e.Message}"));
        _heartbeat = new WireHeartbeat(TimeSpan.FromSeconds(limits.HeartbeatSeconds), options.Time, _sender, End);
    }

    public WireOptions Options { get; }

    public bool IsOpen => !_ended.Task.IsCompleted;

    public Task<string> Ended => _ended.Task;

    /// <summary>Opens a connection over a stream to a broker, which becomes the connection's.</summary>
    /// <exception cref="IOException">The broker refuses, or the stream ended; the stream is the caller's still.</exception>
    public static async Task<WireConnection> OpenAsync(Stream stream, WireOptions options, CancellationToken cancellationToken)
    {
        var frames = new FrameBuffer();
        WireLimits limits = await new WireHandshake(stream, frames, options).RunAsync(cancellationToken).ConfigureAwait(false);
        var connection = new WireConnection(stream, frames, options, limits);
        connection._reading = Task.Run(connection.ReadAsync, CancellationToken.None);
        return connection;
    }

    public async Task<IConsumingChannel> OpenChannelAsync(int prefetch, CancellationToken cancellationToken)
    {
        WireChannel channel = Add();
        try
        {
            await channel.OpenAsync((ushort)prefetch, cancellationToken).ConfigureAwait(false);
            return channel;
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the connection, after what was sent before, without waiting long for the broker's word.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsOpen)
        {
            byte[] close = new MethodFrame(0, WireMethod.ConnectionClose).UInt16(200).ShortText("done").UInt16(0).UInt16(0).ToBytes();
            Task answered = SendAndWaitAsync(close);
            await Task.WhenAny(answered, _ended.Task, Task.Delay(ClosePatience, Options.Time, CancellationToken.None)).ConfigureAwait(false);
        }

        End("the connection was closed");
        await _reading.ConfigureAwait(false);
    }

    /// <summary>Sends whole frames; done when they are written.</summary>
    public Task SendAsync(ReadOnlySpan<byte> frames) => _sender.SendAsync(frames);

    /// <summary>Forgets a channel that is closed.</summary>
    public void Remove(WireChannel channel) => Volatile.Write(ref _channels[channel.Number], null);

    private async Task SendAndWaitAsync(byte[] frame)
    {
        await _sender.SendAsync(frame).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _closeOk.Task.ConfigureAwait(false);
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

        throw new WireException(IsOpen ? $"All {_channels.Length - 1} channels of the connection are in use." : "The connection to the broker is closed.");
    }

    private async Task ReadAsync()
    {
        try
        {
            // The handshake may have read more than its own.
            TakeFrames();
            await HandOverAsync().ConfigureAwait(false);
            while (true)
            {
                _pace.BeforeRead();
                Memory<byte> free = _frames.Free();
                int read = await _stream.ReadAsync(free, _ending.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    End("the broker ended the connection without a word");
                    return;
                }

                _frames.Add(read);
                _heartbeat.HasRead();
                TakeFrames();
                await HandOverAsync().ConfigureAwait(false);
                await _pace.PauseAsync(read, free.Length, _ending.Token).ConfigureAwait(false);
            }
        }
        catch (WireException e)
        {
            End(e.Message);
        }
        catch (Exception e)
        {
            // The end of the connection lands here too, and its reason stands.
            End($"the connection to the broker was lost: {e.Message}");
        }
    }

    private void TakeFrames()
    {
        while (_frames.TryTake(out WireFrameType type, out ushort number, out ReadOnlySpan<byte> payload))
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
            else if (type != WireFrameType.Method || new MethodReader(payload).Method != WireMethod.ChannelCloseOk)
            {
                // Where both sides close a channel at once, the answer comes when it is forgotten already.
                throw new WireException($"The broker sent a frame of type {type} on channel {number}, which is not open.");
            }
        }
    }

    /// <summary>Wakes the streams that got something, and waits for those that hold too much.</summary>
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
                await channel.WaitForRoomAsync().ConfigureAwait(false);
                _heartbeat.Waits(false);
            }
        }

        _touched.Clear();
    }

    private void OnConnectionFrame(WireFrameType type, ReadOnlySpan<byte> payload)
    {
        if (type == WireFrameType.Heartbeat)
        {
            return;
        }

        if (type != WireFrameType.Method)
        {
            throw new WireException($"The broker sent a frame of type {type} on channel 0.");
        }

        var method = new MethodReader(payload);
        switch (method.Method)
        {
            case WireMethod.ConnectionClose:
                (ushort code, string text) = (method.UInt16(), method.ShortText());
                _ = _sender.SendAsync(new MethodFrame(0, WireMethod.ConnectionCloseOk).ToBytes());
                throw new WireException($"{text} (code {code})");
            case WireMethod.ConnectionCloseOk:
                _closeOk.TrySetResult();
                break;
            default:
                // That publishing is blocked or not, and what a later broker may tell.
                break;
        }
    }

    private void End(string reason)
    {
        lock (_lock)
        {
            if (!_ended.TrySetResult(reason))
            {
                return;
            }
        }

        foreach (WireChannel? channel in _channels)
        {
            channel?.End(reason);
        }

        _heartbeat.Dispose();
        _ending.Cancel();
        _stream.Dispose();
    }
}
