using System.Text;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>A broker in memory behind the connector's port: queues, prefetch, acknowledgements up to a tag, and what is not acknowledged comes back. Thread-safe.</summary>
internal sealed class FakeBroker : IAmqpConnector
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedList<Message>> _queues = new(StringComparer.Ordinal);
    private readonly List<Channel> _consumers = [];
    private readonly List<AmqpMessage> _published = [];
    private readonly List<Connection> _connections = [];
    private bool _isAway;

    public int Acknowledgements { get; private set; }

    public bool RefusesDelayedExchanges { get; set; } = true;

    public IReadOnlyList<AmqpMessage> Published
    {
        get
        {
            lock (_lock)
            {
                return [.. _published];
            }
        }
    }

    public Task<IAmqpConnection> ConnectAsync(AmqpEndpoint endpoint, AmqpConnectionRole role, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isAway)
            {
                return Task.FromException<IAmqpConnection>(new AmqpException("the broker is away"));
            }

            var connection = new Connection(this);
            _connections.Add(connection);
            return Task.FromResult<IAmqpConnection>(connection);
        }
    }

    /// <summary>Ends all connections and takes no more; its queues stay.</summary>
    public void Stop()
    {
        Connection[] all;
        Channel[] channels;
        lock (_lock)
        {
            _isAway = true;
            (all, channels) = ([.. _connections], [.. _consumers]);
            _connections.Clear();
        }

        foreach (Connection connection in all)
        {
            connection.End("the broker went away");
        }

        foreach (Channel channel in channels)
        {
            channel.End("the broker went away");
        }
    }

    /// <summary>Takes connections again.</summary>
    public void Start()
    {
        lock (_lock)
        {
            _isAway = false;
        }
    }

    public void Send(string queue, AmqpProperties properties, string body)
    {
        lock (_lock)
        {
            QueueOf(queue).AddLast(new Message(properties, Encoding.UTF8.GetBytes(body), IsRedelivered: false));
            Deliver();
        }
    }

    /// <summary>How many messages of a queue are waiting or not acknowledged.</summary>
    public int Left(string queue)
    {
        lock (_lock)
        {
            return QueueOf(queue).Count + _consumers.Where(channel => string.Equals(channel.Queue, queue, StringComparison.Ordinal))
                .Sum(channel => channel.Unacknowledged.Count);
        }
    }

    public bool IsConsumed(string queue)
    {
        lock (_lock)
        {
            return _consumers.Exists(channel => string.Equals(channel.Queue, queue, StringComparison.Ordinal));
        }
    }

    /// <summary>Closes the channel that consumes a queue.</summary>
    public void CloseChannel(string queue)
    {
        Channel channel;
        lock (_lock)
        {
            channel = _consumers.Single(consumer => string.Equals(consumer.Queue, queue, StringComparison.Ordinal));
        }

        channel.End("closed by the test");
    }

    private LinkedList<Message> QueueOf(string queue)
    {
        if (!_queues.TryGetValue(queue, out LinkedList<Message>? messages))
        {
            _queues[queue] = messages = new LinkedList<Message>();
        }

        return messages;
    }

    private void Deliver()
    {
        foreach (Channel channel in _consumers)
        {
            channel.Deliver(QueueOf(channel.Queue!));
        }
    }

    private sealed record Message(AmqpProperties Properties, byte[] Body, bool IsRedelivered);

    private sealed class Connection(FakeBroker broker) : IAmqpConnection
    {
        private readonly TaskCompletionSource<AmqpEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<AmqpEnd> Ended => _ended.Task;

        public int MaxFrameBytes => 128 * 1024;

        public string? Blocked => null;

        public Task<IAmqpChannel> OpenChannelAsync(CancellationToken cancellationToken) => Task.FromResult<IAmqpChannel>(new Channel(broker));

        public ValueTask DisposeAsync()
        {
            End("closed");
            return ValueTask.CompletedTask;
        }

        public void End(string reason) => _ended.TrySetResult(new AmqpEnd(0, reason, OfConnection: true));
    }

    private sealed class Channel(FakeBroker broker) : IAmqpChannel
    {
        private readonly TaskCompletionSource<AmqpEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private DeliveryRing? _ring;
        private IPublishConfirms? _confirms;
        private int _prefetch;
        private ulong _published;
        private ulong _acknowledged;

        public string? Queue { get; private set; }

        public Queue<Message> Unacknowledged { get; } = new();

        public Task<AmqpEnd> Ended => _ended.Task;

        public Task ConsumeAsync(string queue, int prefetch, bool isExclusive, DeliveryRing ring, CancellationToken cancellationToken)
        {
            lock (broker._lock)
            {
                (Queue, _prefetch, _ring) = (queue, prefetch, ring);
                broker._consumers.Add(this);
                broker.Deliver();
            }

            return Task.CompletedTask;
        }

        public void Deliver(LinkedList<Message> queue)
        {
            bool has = false;
            while (_ring is not null && queue.First is { } first && Unacknowledged.Count < _prefetch)
            {
                queue.RemoveFirst();
                Unacknowledged.Enqueue(first.Value with { IsRedelivered = true });
                _ring.Write(first.Value.IsRedelivered, default, default, first.Value.Properties, first.Value.Body);
                has = true;
            }

            if (has)
            {
                _ring!.Announce();
            }
        }

        public Task AcknowledgeAsync(ulong tag, bool multiple)
        {
            lock (broker._lock)
            {
                broker.Acknowledgements++;
                for (; _acknowledged < tag; _acknowledged++)
                {
                    Unacknowledged.Dequeue();
                }

                broker.Deliver();
            }

            return Task.CompletedTask;
        }

        public Task CancelAsync()
        {
            lock (broker._lock)
            {
                _ring = null;
            }

            return Task.CompletedTask;
        }

        public Task ConfirmAsync(IPublishConfirms confirms, CancellationToken cancellationToken)
        {
            _confirms = confirms;
            return Task.CompletedTask;
        }

        public Task PublishAsync(in AmqpMessage message, bool mandatory)
        {
            lock (broker._lock)
            {
                // What goes to the default exchange is a probe, which no queue takes.
                if (!message.Exchange.IsEmpty)
                {
                    broker._published.Add(message);
                }
            }

            _confirms!.Confirmed(++_published, multiple: false);
            return Task.CompletedTask;
        }

        public Task DeclareAsync(AmqpExchange exchange, bool passive, CancellationToken cancellationToken)
        {
            if (broker.RefusesDelayedExchanges && exchange.Type is "x-delayed-message")
            {
                End("unknown exchange type");
                return Task.FromException(new AmqpException("unknown exchange type 'x-delayed-message'", 503));
            }

            return Task.CompletedTask;
        }

        public Task<AmqpQueueState> DeclareAsync(AmqpQueue queue, bool passive, CancellationToken cancellationToken)
        {
            lock (broker._lock)
            {
                return Task.FromResult(new AmqpQueueState(broker.QueueOf(queue.Name).Count, 0));
            }
        }

        public Task BindAsync(AmqpBinding binding, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            End("closed");
            return ValueTask.CompletedTask;
        }

        public void End(string reason)
        {
            lock (broker._lock)
            {
                if (broker._consumers.Remove(this))
                {
                    foreach (Message message in Unacknowledged.Reverse())
                    {
                        broker.QueueOf(Queue!).AddFirst(message);
                    }

                    Unacknowledged.Clear();
                    broker.Deliver();
                }
            }

            _ended.TrySetResult(new AmqpEnd(0, reason, OfConnection: false));
        }
    }
}
