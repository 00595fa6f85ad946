using System.Buffers;
using System.Buffers.Binary;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>A channel of a <see cref="WireConnection"/>. The connection's loop brings it its frames; everything else is called by whoever uses it.</summary>
internal sealed class WireChannel(WireConnection connection, ushort number) : IAmqpChannel
{
    private const string ConsumerTag = "1";
    private const byte Exclusive = 4;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _noMore = new();
    private readonly TaskCompletionSource<AmqpEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AmqpMethod _expected;
    private TaskCompletionSource<byte[]>? _answer;
    private DeliveryRing? _ring;
    private IPublishConfirms? _confirms;
    private volatile bool _isOpen = true;
    private volatile bool _isDropping;

    // Of the connection's loop alone.
    private readonly ContentAssembler _content = new(number, connection.Settings.MaxBodyBytes);
    private (int Code, string Text, Delivery Message)? _returned;
    private ulong _tag;
    private bool _isWritten;
    private bool _isTouched;

    public ushort Number => number;
    public Task<AmqpEnd> Ended => _ended.Task;

    /// <summary>Whether the connection may read on as far as this channel goes.</summary>
    public bool HasRoom => _isDropping || _ring is not { HasRoom: false };

    /// <summary>Opens it on the broker's side.</summary>
    public Task OpenAsync(CancellationToken cancellationToken) =>
        AskAsync(new MethodWriter(number, AmqpMethod.ChannelOpen).ShortText(""), AmqpMethod.ChannelOpenOk, cancellationToken);

    public async Task ConsumeAsync(string queue, int prefetch, bool isExclusive, DeliveryRing ring, CancellationToken cancellationToken)
    {
        await AskAsync(new MethodWriter(number, AmqpMethod.BasicQos).UInt32(0).UInt16((ushort)prefetch).Byte(0), AmqpMethod.BasicQosOk, cancellationToken);

        // The first deliveries may come with the answer.
        Volatile.Write(ref _ring, ring);
        byte flags = isExclusive ? Exclusive : (byte)0;
        MethodWriter consume = new MethodWriter(number, AmqpMethod.BasicConsume).UInt16(0).ShortText(queue).ShortText(ConsumerTag).Byte(flags).Table([]);
        await AskAsync(consume, AmqpMethod.BasicConsumeOk, cancellationToken);
    }

    public Task AcknowledgeAsync(ulong tag, bool multiple)
    {
        if (!_isOpen)
        {
            return Task.FromException(Closed());
        }

        Span<byte> frame = stackalloc byte[21];
        frame[0] = (byte)FrameType.Method;
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], number);
        BinaryPrimitives.WriteUInt32BigEndian(frame[3..], 13);
        BinaryPrimitives.WriteUInt32BigEndian(frame[7..], (uint)AmqpMethod.BasicAck);
        BinaryPrimitives.WriteUInt64BigEndian(frame[11..], tag);
        frame[19] = multiple ? (byte)1 : (byte)0;
        frame[20] = FrameBuffer.End;
        return connection.SendAsync(frame);
    }

    public async Task CancelAsync()
    {
        await DropAsync();
        if (!_isOpen)
        {
            throw Closed();
        }

        await connection.SendAsync(new MethodWriter(number, AmqpMethod.BasicCancel).ShortText(ConsumerTag).Byte(1).ToBytes());
    }

    public async Task ConfirmAsync(IPublishConfirms confirms, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _confirms, confirms);
        await AskAsync(new MethodWriter(number, AmqpMethod.ConfirmSelect).Byte(0), AmqpMethod.ConfirmSelectOk, cancellationToken);
    }

    public Task PublishAsync(in AmqpMessage message, bool mandatory)
    {
        if (!_isOpen)
        {
            return Task.FromException(Closed());
        }

        int size = PublishFrames.SizeOf(message, connection.MaxFrameBytes);
        byte[] frames = ArrayPool<byte>.Shared.Rent(size);
        PublishFrames.Write(frames, number, message, mandatory, connection.MaxFrameBytes);
        Task written = connection.SendAsync(frames.AsSpan(0, size));
        ArrayPool<byte>.Shared.Return(frames);
        return connection.IsBusy || written.IsFaulted ? written : Task.CompletedTask;
    }

    public Task DeclareAsync(AmqpExchange exchange, bool passive, CancellationToken cancellationToken)
    {
        MethodWriter declare = new MethodWriter(number, AmqpMethod.ExchangeDeclare).UInt16(0).ShortText(exchange.Name).ShortText(exchange.Type)
            .Byte((byte)((passive ? 1 : 0) | 2)).Table(passive ? [] : exchange.Arguments);
        return AskAsync(declare, AmqpMethod.ExchangeDeclareOk, cancellationToken);
    }

    public async Task<AmqpQueueState> DeclareAsync(AmqpQueue queue, bool passive, CancellationToken cancellationToken)
    {
        int flags = (passive ? 1 : 0) | (queue.IsDurable ? 2 : 0) | (queue.IsExclusive ? 4 : 0) | (queue.IsAutoDelete ? 8 : 0);
        MethodWriter declare = new MethodWriter(number, AmqpMethod.QueueDeclare).UInt16(0).ShortText(queue.Name)
            .Byte((byte)flags).Table(passive ? [] : queue.Arguments);
        return StateOf(await AskAsync(declare, AmqpMethod.QueueDeclareOk, cancellationToken));
    }

    public Task BindAsync(AmqpBinding binding, CancellationToken cancellationToken)
    {
        MethodWriter bind = new MethodWriter(number, AmqpMethod.QueueBind).UInt16(0)
            .ShortText(binding.Queue).ShortText(binding.Exchange).ShortText(binding.RoutingKey).Byte(0).Table([]);
        return AskAsync(bind, AmqpMethod.QueueBindOk, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        if (!_isOpen)
        {
            return;
        }

        try
        {
            MethodWriter close = new MethodWriter(number, AmqpMethod.ChannelClose).UInt16(200).ShortText("done").UInt16(0).UInt16(0);
            await AskAsync(close, AmqpMethod.ChannelCloseOk, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // The channel ends with its connection, which says why.
        }

        End(new AmqpEnd(0, "the channel was closed", OfConnection: false));
    }

    /// <summary>Takes a frame.</summary>
    /// <returns>Whether a delivery is handed over, the first since <see cref="Announce"/>.</returns>
    /// <exception cref="AmqpException">It is one that cannot be, and the connection must end.</exception>
    public bool OnFrame(FrameType type, ReadOnlySpan<byte> payload)
    {
        if (type != _content.Next)
        {
            throw new AmqpException($"The broker sent a frame of type {type} on channel {number}, where one of type {_content.Next} was due.");
        }

        if (type == FrameType.Method)
        {
            OnMethod(payload);
            return false;
        }

        return (type == FrameType.Header ? _content.Header(payload) : _content.Body(payload)) && OnWhole();
    }

    /// <summary>Wakes the source.</summary>
    public void Announce()
    {
        _isTouched = false;
        _ring!.Announce();
    }

    /// <summary>Waits until the ring has room; a source that keeps others waiting too long loses its channel.</summary>
    public async ValueTask WaitForRoomAsync()
    {
        TimeSpan patience = connection.Settings.RoomPatience;
        try
        {
            await _ring!.WhenRoom().WaitAsync(patience, connection.Time, _noMore.Token);
        }
        catch (OperationCanceledException)
        {
            // No more deliveries are wanted.
        }
        catch (TimeoutException)
        {
            Stop($"the deliveries in hand took more than they may for {patience}, and held up the other sources");
        }
    }

    /// <summary>Ends it, as the connection did or the broker said.</summary>
    public void End(AmqpEnd end)
    {
        _isOpen = false;
        _isDropping = true;
        _ended.TrySetResult(end);
        TakeAnswer()?.TrySetException(new AmqpException(end.Reason, end.Code));
        _noMore.Cancel();
    }

    private static AmqpQueueState StateOf(byte[] answer)
    {
        var reader = new MethodReader(answer);
        reader.ShortBytes();
        return new AmqpQueueState(reader.UInt32(), reader.UInt32());
    }

    private void Stop(string reason)
    {
        _isDropping = true;
        _ended.TrySetResult(new AmqpEnd(0, reason, OfConnection: false));
    }

    private async ValueTask DropAsync()
    {
        _isDropping = true;
        await _noMore.CancelAsync();
    }

    private AmqpException Closed()
    {
        AmqpEnd? end = _ended.Task.IsCompletedSuccessfully ? _ended.Task.Result : null;
        return new AmqpException($"The channel is closed: {end?.Reason}", end?.Code ?? 0);
    }

    private async Task<byte[]> AskAsync(MethodWriter frame, AmqpMethod expected, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _expected = expected;
            _answer = answer;
        }

        // An end that came before would not see what is awaited.
        if (!_isOpen)
        {
            throw Closed();
        }

        try
        {
            TimeSpan patience = connection.Settings.ConnectTimeout;
            await connection.SendAsync(frame.ToBytes()).WaitAsync(patience, connection.Time, cancellationToken);
            return await answer.Task.WaitAsync(patience, connection.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The broker did not answer with {expected} within {connection.Settings.ConnectTimeout}.");
        }
    }

    private void OnMethod(ReadOnlySpan<byte> payload)
    {
        var method = new MethodReader(payload);
        switch (method.Method)
        {
            case AmqpMethod.BasicDeliver: OnDeliver(ref method); break;
            case AmqpMethod.BasicReturn: OnReturn(ref method); break;
            case AmqpMethod.BasicAck: Confirms(AmqpMethod.BasicAck).Confirmed(method.UInt64(), (method.Byte() & 1) != 0); break;
            case AmqpMethod.BasicNack: Confirms(AmqpMethod.BasicNack).Nacked(method.UInt64(), (method.Byte() & 1) != 0); break;
            case AmqpMethod.BasicCancel:
                method.ShortBytes();
                bool answers = (method.Byte() & 1) == 0;
                Stop("the broker cancelled the consumer, as it does when the queue is deleted or moves");
                if (answers)
                {
                    _ = connection.SendAsync(new MethodWriter(number, AmqpMethod.BasicCancelOk).ShortText(ConsumerTag).ToBytes());
                }

                break;
            case AmqpMethod.ChannelClose:
                (ushort code, string text) = (method.UInt16(), method.ShortText());
                _ = connection.SendAsync(new MethodWriter(number, AmqpMethod.ChannelCloseOk).ToBytes());
                connection.Remove(this);
                End(new AmqpEnd(code, $"{text} (code {code})", OfConnection: false));
                break;
            case AmqpMethod.ChannelFlow:
                _ = connection.SendAsync(new MethodWriter(number, AmqpMethod.ChannelFlowOk).Byte((byte)(method.Byte() & 1)).ToBytes());
                break;
            case AmqpMethod.BasicGetOk:
                throw new AmqpException($"The broker sent {method.Method} on channel {number}, which nobody asked for.");
            default: OnAnswer(method.Method, payload); break;
        }
    }

    private void OnAnswer(AmqpMethod method, ReadOnlySpan<byte> payload)
    {
        if (method == AmqpMethod.ChannelCloseOk)
        {
            connection.Remove(this);
        }

        TakeAnswer(method)?.TrySetResult(payload.ToArray());
    }

    /// <summary>What waits for an answer, to be given it: once, and where a method is named only if it is that one that is waited for.</summary>
    private TaskCompletionSource<byte[]>? TakeAnswer(AmqpMethod? method = null)
    {
        lock (_lock)
        {
            TaskCompletionSource<byte[]>? answer = (method ?? _expected) == _expected ? _answer : null;
            _answer = answer is null ? _answer : null;
            return answer;
        }
    }

    private IPublishConfirms Confirms(AmqpMethod method) =>
        _confirms ?? throw new AmqpException($"The broker sent {method} on channel {number}, which publishes nothing.");

    private void OnDeliver(ref MethodReader method)
    {
        method.ShortBytes();
        ulong tag = method.UInt64();
        bool isRedelivered = (method.Byte() & 1) != 0;
        ReadOnlySpan<byte> exchange = method.ShortBytes();
        ReadOnlySpan<byte> routingKey = method.ShortBytes();
        if (_ring is null)
        {
            throw new AmqpException($"The broker sent a delivery on channel {number}, which consumes nothing.");
        }

        if (tag != ++_tag)
        {
            throw new AmqpException($"The broker sent delivery {tag} on channel {number}, where {_tag} was due.");
        }

        Delivery? slot = null;
        if (!_isDropping)
        {
            try
            {
                slot = _ring.Begin();
                slot.Start(tag, isRedelivered, exchange, routingKey);
            }
            catch (InvalidOperationException e)
            {
                Stop(e.Message);
            }
        }

        _isWritten = slot is not null;
        _content.Begin(slot);
    }

    private void OnReturn(ref MethodReader method)
    {
        Confirms(AmqpMethod.BasicReturn);
        (ushort code, string text) = (method.UInt16(), method.ShortText());
        var message = new Delivery();
        message.Start(0, redelivered: false, method.ShortBytes(), method.ShortBytes());
        _returned = (code, text, message);
        _content.Begin(message);
    }

    private bool OnWhole()
    {
        if (_returned is { } returned)
        {
            _returned = null;
            _confirms!.Returned(returned.Code, returned.Text, returned.Message);
            return false;
        }

        if (!_isWritten)
        {
            return false;
        }

        _ring!.Commit();
        bool isFirst = !_isTouched;
        _isTouched = true;
        return isFirst;
    }
}
