using System.Buffers.Binary;

namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>
/// A channel of a <see cref="WireConnection"/>. The connection's loop brings it its frames; everything else is called
/// by whoever consumes.
/// </summary>
internal sealed class WireChannel(WireConnection connection, ushort number) : IConsumingChannel
{
    private const string ConsumerTag = "dataload";

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _noMore = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WireMethod _expected;
    private TaskCompletionSource? _answer;
    private DeliveryRing? _ring;
    private volatile bool _isOpen = true;
    private volatile bool _dropping;

    // Of the connection's loop alone.
    private readonly WireContent _content = new(number, connection.Options.MaxBodyBytes);
    private bool _touched;

    public ushort Number => number;

    public Task<string> Ended => _ended.Task;

    /// <summary>Whether the connection may read on as far as this channel goes.</summary>
    public bool HasRoom => _dropping || _ring is not { HasRoom: false };

    /// <summary>Opens it on the broker's side.</summary>
    public async Task OpenAsync(ushort prefetch, CancellationToken cancellationToken)
    {
        await AskAsync(new MethodFrame(number, WireMethod.ChannelOpen).ShortText(""), WireMethod.ChannelOpenOk, cancellationToken).ConfigureAwait(false);
        await AskAsync(new MethodFrame(number, WireMethod.BasicQos).UInt32(0).UInt16(prefetch).Byte(0), WireMethod.BasicQosOk, cancellationToken).ConfigureAwait(false);
    }

    public async Task ConsumeAsync(string queue, DeliveryRing ring, CancellationToken cancellationToken)
    {
        // The first deliveries may come with the answer.
        Volatile.Write(ref _ring, ring);
        MethodFrame consume = new MethodFrame(number, WireMethod.BasicConsume).UInt16(0).ShortText(queue).ShortText(ConsumerTag).Byte(0).Table();
        await AskAsync(consume, WireMethod.BasicConsumeOk, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask AcknowledgeAsync(ulong tag, CancellationToken cancellationToken)
    {
        RequireOpen();
        Span<byte> frame = stackalloc byte[21];
        frame[0] = (byte)WireFrameType.Method;
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], number);
        BinaryPrimitives.WriteUInt32BigEndian(frame[3..], 13);
        BinaryPrimitives.WriteUInt32BigEndian(frame[7..], (uint)WireMethod.BasicAck);
        BinaryPrimitives.WriteUInt64BigEndian(frame[11..], tag);
        frame[19] = 1;
        frame[20] = FrameBuffer.End;
        return new ValueTask(connection.SendAsync(frame).WaitAsync(cancellationToken));
    }

    public async ValueTask CancelAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        await DropAsync().ConfigureAwait(false);
        byte[] cancel = new MethodFrame(number, WireMethod.BasicCancel).ShortText(ConsumerTag).Byte(1).ToBytes();
        await connection.SendAsync(cancel).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync().ConfigureAwait(false);
        if (!_isOpen)
        {
            return;
        }

        try
        {
            MethodFrame close = new MethodFrame(number, WireMethod.ChannelClose).UInt16(200).ShortText("done").UInt16(0).UInt16(0);
            await AskAsync(close, WireMethod.ChannelCloseOk, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // The channel ends with its connection, which says why.
        }

        End("the channel was closed");
    }

    /// <summary>Takes a frame.</summary>
    /// <returns>Whether a delivery is handed over, the first since <see cref="Announce"/>.</returns>
    /// <exception cref="WireException">It is one that cannot be, and the connection must end.</exception>
    public bool OnFrame(WireFrameType type, ReadOnlySpan<byte> payload)
    {
        if (type != _content.Next)
        {
            throw new WireException($"The broker sent a frame of type {type} on channel {number}, where one of type {_content.Next} was due.");
        }

        bool whole = false;
        switch (type)
        {
            case WireFrameType.Header:
                whole = _content.Header(payload);
                break;
            case WireFrameType.Body:
                whole = _content.Body(payload);
                break;
            default:
                OnMethod(payload);
                break;
        }

        bool first = whole && !_touched;
        _touched |= whole;
        return first;
    }

    /// <summary>Wakes the stream's loop.</summary>
    public void Announce()
    {
        _touched = false;
        _ring!.Announce();
    }

    /// <summary>Waits until the ring has room; a stream that keeps others waiting too long loses its channel.</summary>
    public async ValueTask WaitForRoomAsync()
    {
        WireOptions options = connection.Options;
        using var patience = new CancellationTokenSource(options.RoomPatience, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _noMore.Token);
        try
        {
            await _ring!.WaitForRoomAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_noMore.IsCancellationRequested)
        {
            // No more deliveries are wanted.
        }
        catch (OperationCanceledException)
        {
            Stop($"the bodies in hand took more than they may for {options.RoomPatience}, and held up the other streams");
        }
    }

    /// <summary>Ends it, as the connection did or the broker said.</summary>
    public void End(string reason)
    {
        _isOpen = false;
        Stop(reason);
        TaskCompletionSource? answer;
        lock (_lock)
        {
            answer = _answer;
            _answer = null;
        }

        answer?.TrySetException(new WireException(reason));
        _noMore.Cancel();
    }

    private void Stop(string reason)
    {
        _dropping = true;
        _ended.TrySetResult(reason);
    }

    private async ValueTask DropAsync()
    {
        _dropping = true;
        await _noMore.CancelAsync().ConfigureAwait(false);
    }

    private void RequireOpen()
    {
        if (!_isOpen)
        {
            throw new WireException($"The channel is closed: {(_ended.Task.IsCompletedSuccessfully ? _ended.Task.Result : "")}");
        }
    }

    private async Task AskAsync(MethodFrame frame, WireMethod expected, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _expected = expected;
            _answer = answer;
        }

        // An end that came before would not see what is awaited.
        RequireOpen();
        await connection.SendAsync(frame.ToBytes()).WaitAsync(connection.Options.ConnectTimeout, connection.Options.Time, cancellationToken).ConfigureAwait(false);
        try
        {
            await answer.Task.WaitAsync(connection.Options.ConnectTimeout, connection.Options.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The broker did not answer with {expected} within {connection.Options.ConnectTimeout}.");
        }
    }

    private void OnMethod(ReadOnlySpan<byte> payload)
    {
        var method = new MethodReader(payload);
        switch (method.Method)
        {
            case WireMethod.BasicDeliver:
                method.ShortBytes();
                OnDeliver(method.UInt64());
                break;
            case WireMethod.BasicCancel:
                method.ShortBytes();
                _ended.TrySetResult("the broker cancelled the consumer, as it does when the queue is deleted or moves");
                if ((method.Byte() & 1) == 0)
                {
                    _ = connection.SendAsync(new MethodFrame(number, WireMethod.BasicCancelOk).ShortText(ConsumerTag).ToBytes());
                }

                break;
            case WireMethod.ChannelClose:
                (ushort code, string text) = (method.UInt16(), method.ShortText());
                _ = connection.SendAsync(new MethodFrame(number, WireMethod.ChannelCloseOk).ToBytes());
                connection.Remove(this);
                End($"{text} (code {code})");
                break;
            case WireMethod.ChannelFlow:
                _ = connection.SendAsync(new MethodFrame(number, WireMethod.ChannelFlowOk).Byte((byte)(method.Byte() & 1)).ToBytes());
                break;
            case WireMethod.BasicReturn or WireMethod.BasicGetOk:
                throw new WireException($"The broker sent {method.Method} on channel {number}, which only consumes.");
            default:
                OnAnswer(method.Method);
                break;
        }
    }

    private void OnAnswer(WireMethod method)
    {
        if (method == WireMethod.ChannelCloseOk)
        {
            connection.Remove(this);
        }

        TaskCompletionSource? answer = null;
        lock (_lock)
        {
            if (method == _expected)
            {
                answer = _answer;
                _answer = null;
            }
        }

        answer?.TrySetResult();
    }

    private void OnDeliver(ulong tag)
    {
        if (_ring is null)
        {
            throw new WireException($"The broker sent a delivery on channel {number}, which consumes nothing.");
        }

        try
        {
            _content.Begin(tag, _dropping ? null : _ring);
        }
        catch (InvalidOperationException e)
        {
            Stop(e.Message);
        }
    }
}
