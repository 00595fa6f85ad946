using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Simulation.Broker;

/// <summary>
/// A channel to the simulated broker: what the engine uses of it. Deliveries are handed over one at a time, in order, as
/// the client library does; acknowledgements and publishings take a while, and are lost with their connection.
/// </summary>
internal sealed partial class SimChannel(SimConnection connection, bool confirms, int number) : IChannel
{
    private readonly SortedDictionary<ulong, Message> _unacknowledged = [];
    private readonly Queue<(ulong Tag, Message Message)> _arrived = new();
    private readonly Queue<(ulong Tag, Message Message)> _sent = new();
    private readonly Queue<ulong> _acknowledging = new();
    private readonly Queue<(ulong Number, string Exchange, BasicProperties Properties, byte[] Body)> _publishing = new();
    private readonly Queue<Action> _events = new();
    private IAsyncBasicConsumer? _consumer;
    private string _queue = "";
    private int _prefetch;
    private ulong _tag;
    private long _sentUntilMs;
    private long _ackedUntilMs;
    private bool _dispatching;
    private ulong _acked;
    private ulong _published;
    private ulong _confirmed;

    public event AsyncEventHandler<BasicAckEventArgs>? BasicAcksAsync;

    public event AsyncEventHandler<BasicNackEventArgs>? BasicNacksAsync;

    public event AsyncEventHandler<BasicReturnEventArgs>? BasicReturnAsync;

    public event AsyncEventHandler<ShutdownEventArgs>? ChannelShutdownAsync;

    public int Unacknowledged => _unacknowledged.Count;

    public ShutdownEventArgs? CloseReason { get; private set; }

    public bool IsClosed => CloseReason is not null;

    public bool IsOpen => CloseReason is null;

    private SimBroker Broker => connection.Broker;

    /// <summary>Sends what the prefetch has room for.</summary>
    public void Fill()
    {
        if (_consumer is null || !IsOpen)
        {
            return;
        }

        List<Message> queue = Broker.QueueOf(_queue);
        while (queue.Count > 0 && _unacknowledged.Count < _prefetch)
        {
            Message message = queue[0];
            queue.RemoveAt(0);
            ulong tag = ++_tag;
            _unacknowledged.Add(tag, message);
            message.Deliveries++;
            Broker.Watch.OnDelivery(message, connection.Scheduler.Name);

            // A channel keeps its order whatever the latency.
            _sent.Enqueue((tag, message));
            _sentUntilMs = Math.Max(_sentUntilMs, Broker.World.NowMs + Broker.Weather.Latency());
            Broker.World.After(_sentUntilMs - Broker.World.NowMs, () =>
            {
                if (IsOpen)
                {
                    _arrived.Enqueue(_sent.Dequeue());
                    if (!_dispatching)
                    {
                        _dispatching = true;
                        connection.Scheduler.Post(() => _ = DispatchAsync());
                    }
                }
            });
        }
    }

    public IEnumerable<Message> TakeUnacknowledged()
    {
        Message[] taken = [.. _unacknowledged.Values];
        _unacknowledged.Clear();
        return taken;
    }

    /// <summary>Ends with its connection, or by itself.</summary>
    public void End(ShutdownEventArgs reason)
    {
        if (!IsOpen)
        {
            return;
        }

        CloseReason = reason;
        IAsyncBasicConsumer? consumer = _consumer;
        _consumer = null;
        Tell(() => _ = ChannelShutdownAsync?.Invoke(this, reason));
        if (consumer is not null)
        {
            connection.Scheduler.Post(() => _ = consumer.HandleChannelShutdownAsync(this, reason));
        }
    }

    /// <summary>Ends the channel alone, as the broker does over a mistake of its user, and gives back its deliveries.</summary>
    public void CutAlone(string reason)
    {
        if (IsOpen)
        {
            Broker.World.Log(connection.Scheduler.Name, $"channel of '{_queue}' ended: {reason}");
            Broker.Requeue(TakeUnacknowledged());
            End(new ShutdownEventArgs(ShutdownInitiator.Peer, 406, reason));
            connection.Remove(this);
        }
    }

    public async Task<string> BasicConsumeAsync(string queue, bool autoAck, string consumerTag, bool noLocal, bool exclusive, IDictionary<string, object?>? arguments, IAsyncBasicConsumer consumer, CancellationToken cancellationToken = default)
    {
        await AskAsync(cancellationToken);
        _queue = queue;
        _consumer = consumer;
        Broker.World.After(0, Fill);
        return $"consumer-{number}";
    }

    public ValueTask BasicAckAsync(ulong deliveryTag, bool multiple, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        _acknowledging.Enqueue(deliveryTag);
        _ackedUntilMs = Math.Max(_ackedUntilMs, Broker.World.NowMs + Broker.Weather.Latency());
        Broker.World.After(_ackedUntilMs - Broker.World.NowMs, () =>
        {
            if (IsOpen && Broker.Weather.LosesAcknowledgement())
            {
                connection.Cut("the connection was lost with an acknowledgement");
            }
            else if (IsOpen)
            {
                Acknowledge(_acknowledging.Dequeue());
            }
        });
        return ValueTask.CompletedTask;
    }

    public async Task BasicCancelAsync(string consumerTag, bool noWait = false, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        _consumer = null;
        await Task.CompletedTask;
    }

    public async Task BasicQosAsync(uint prefetchSize, ushort prefetchCount, bool global, CancellationToken cancellationToken = default)
    {
        await AskAsync(cancellationToken);
        _prefetch = prefetchCount;
    }

    public ValueTask BasicPublishAsync<TProperties>(string exchange, string routingKey, bool mandatory, TProperties basicProperties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        where TProperties : IReadOnlyBasicProperties, IAmqpHeader
    {
        RequireOpen();
        if (!confirms || !mandatory)
        {
            Broker.World.Fail("a dead letter is published without asking for a confirm, or without asking for a queue that takes it");
        }

        _publishing.Enqueue((++_published, exchange, new BasicProperties(basicProperties), body.ToArray()));
        Broker.World.After(Broker.Weather.Latency(), () =>
        {
            if (IsOpen)
            {
                Take();
            }
        });
        return ValueTask.CompletedTask;
    }

    public async Task<uint> MessageCountAsync(string queue, CancellationToken cancellationToken = default)
    {
        await AskAsync(cancellationToken);
        return (uint)Broker.QueueOf(queue).Count;
    }

    public Task ExchangeDeclareAsync(string exchange, string type, bool durable, bool autoDelete, IDictionary<string, object?>? arguments = null, bool passive = false, bool noWait = false, CancellationToken cancellationToken = default) => AskAsync(cancellationToken);

    public Task ExchangeDeclarePassiveAsync(string exchange, CancellationToken cancellationToken = default) => AskAsync(cancellationToken);

    public async Task<QueueDeclareOk> QueueDeclareAsync(string queue, bool durable, bool exclusive, bool autoDelete, IDictionary<string, object?>? arguments = null, bool passive = false, bool noWait = false, CancellationToken cancellationToken = default)
    {
        await AskAsync(cancellationToken);
        return new QueueDeclareOk(queue, 0, 0);
    }

    public Task<QueueDeclareOk> QueueDeclarePassiveAsync(string queue, CancellationToken cancellationToken = default) => QueueDeclareAsync(queue, true, false, false, cancellationToken: cancellationToken);

    public Task QueueBindAsync(string queue, string exchange, string routingKey, IDictionary<string, object?>? arguments = null, bool noWait = false, CancellationToken cancellationToken = default) => AskAsync(cancellationToken);

    public Task CloseAsync(ushort replyCode, string replyText, bool abort, CancellationToken cancellationToken = default)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public Task CloseAsync(ShutdownEventArgs reason, bool abort) => CloseAsync(200, "", abort, CancellationToken.None);

    public Task CloseAsync(ShutdownEventArgs reason, bool abort, CancellationToken cancellationToken = default) => CloseAsync(200, "", abort, cancellationToken);

    public void Dispose()
    {
        if (IsOpen)
        {
            Broker.Requeue(TakeUnacknowledged());
            End(new ShutdownEventArgs(ShutdownInitiator.Application, 200, "done"));
            connection.Remove(this);
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task DispatchAsync()
    {
        while (IsOpen && _arrived.TryDequeue(out (ulong Tag, Message Message) next) && _consumer is { } consumer)
        {
            // The client lends the body: what is kept of it without a copy turns to rubbish.
            byte[] lent = [.. next.Message.Body];
            try
            {
                await consumer.HandleBasicDeliverAsync("", next.Tag, next.Message.Deliveries > 1, "", "", next.Message.Properties, lent);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Broker.World.Fail($"the consumer of '{_queue}' threw {e}");
            }
            catch (OperationCanceledException)
            {
                // The session of this channel has ended.
                break;
            }
            finally
            {
                lent.AsSpan().Fill(0xEE);
            }
        }

        _dispatching = false;
    }

    private void Acknowledge(ulong tag)
    {
        if (tag > _tag || tag <= _acked)
        {
            Broker.World.Fail($"'{_queue}': delivery {tag} is acknowledged on a channel that has sent {_tag} and knows {_acked} as acknowledged");
            return;
        }

        _acked = tag;
        while (_unacknowledged.Count > 0 && _unacknowledged.First() is var (first, message) && first <= tag)
        {
            _unacknowledged.Remove(first);
            Broker.Watch.OnAcknowledgement(message, connection.Scheduler.Name);
        }

        Fill();
    }

    /// <summary>Takes the next of what was published, refuses it, or has no queue for it.</summary>
    private void Take()
    {
        (ulong number, string exchange, BasicProperties properties, byte[] body) = _publishing.Dequeue();
        if (Broker.Weather.RefusesPublishing())
        {
            if (Broker.World.Random.Next(2) == 0)
            {
                Later(() => _ = BasicNacksAsync?.Invoke(this, new BasicNackEventArgs(number, multiple: false, requeue: false)));
                return;
            }

            Tell(() => _ = BasicReturnAsync?.Invoke(this, new BasicReturnEventArgs(312, "NO_ROUTE", exchange, exchange, properties, body)));
            Later(() => _ = BasicAcksAsync?.Invoke(this, new BasicAckEventArgs(number, multiple: false)));
            return;
        }

        Broker.Accept(exchange, properties, body);
        if (Broker.Weather.LosesConfirm())
        {
            connection.Cut("the connection was lost with a confirm");
            return;
        }

        // A confirm may stand for all before it, where those are taken as well.
        bool multiple = _confirmed == number - 1;
        _confirmed = multiple ? number : _confirmed;
        Later(() => _ = BasicAcksAsync?.Invoke(this, new BasicAckEventArgs(number, multiple)));
    }

    private void Later(Action action) => Broker.World.After(Broker.Weather.Latency(), () =>
    {
        if (IsOpen)
        {
            Tell(action);
        }
    });

    /// <summary>Tells the listeners, one thing after another.</summary>
    private void Tell(Action action)
    {
        _events.Enqueue(action);
        connection.Scheduler.Post(() => _events.Dequeue()());
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        RequireOpen();
        await Broker.PauseAsync(cancellationToken);
        RequireOpen();
    }

    private void RequireOpen()
    {
        if (CloseReason is { } reason)
        {
            throw new AlreadyClosedException(reason);
        }
    }
}
