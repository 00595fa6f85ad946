using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;
using DataLoad.Streams.Amqp;

namespace DataLoad.Simulation.Tests.Broker;

/// <summary>What a broker is to the nodes: queues that deliver again, in order or not, what was not acknowledged, and a queue of dead letters.</summary>
internal sealed class MessageBroker(World world, ActiveDisruptions disruptions, IBrokerWatch watch)
{
    private readonly SortedDictionary<string, LinkedList<Publishing>> _queues = new(StringComparer.Ordinal);
    private readonly List<BrokerChannel> _channels = [];
    private readonly HashSet<int> _delivered = [];
    private int _opened;

    /// <summary>How many messages are not acknowledged.</summary>
    public int Unsettled => _queues.Values.Sum(queue => queue.Count) + _channels.Sum(channel => channel.Unacknowledged.Count);

    public void Publish(string stream, Publishing message)
    {
        QueueOf(stream).AddLast(message);
        Offer(stream);
    }

    /// <summary>Opens a channel on which a node takes a stream's messages; they are its until it acknowledges them or the channel ends.</summary>
    /// <param name="node">The node.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="notify">Called when there may be something to take, or the channel is lost.</param>
    public BrokerChannel Open(string node, string stream, Action notify)
    {
        var channel = new BrokerChannel(node, stream, ++_opened, notify);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Takes messages, so many at the most.</summary>
    public List<TakenMessage> Take(BrokerChannel channel, int count)
    {
        var taken = new List<TakenMessage>();
        LinkedList<Publishing> queue = QueueOf(channel.Stream);
        while (taken.Count < count && !channel.IsLost && queue.First is { Value: { } message })
        {
            queue.RemoveFirst();
            ulong tag = channel.Hold(message);
            taken.Add(new TakenMessage(tag, message, !_delivered.Add(message.Number)));
            watch.OnDelivery(message, channel.Node);
        }

        return taken;
    }

    /// <summary>An acknowledgement; one for a channel that is gone reaches nobody.</summary>
    public void Acknowledge(BrokerChannel channel, ulong tag)
    {
        if (!channel.IsLost && channel.Unacknowledged.Remove(tag, out Publishing? message))
        {
            watch.OnAcknowledgement(message, channel.Node);

            // There is room below the prefetch again.
            channel.Notify();
        }
    }

    /// <summary>Ends a channel: what it has comes again.</summary>
    public void Close(BrokerChannel channel)
    {
        if (channel.IsLost)
        {
            return;
        }

        channel.IsLost = true;
        _channels.Remove(channel);
        foreach (Publishing message in channel.Unacknowledged.Values.OrderByDescending(message => message.Number))
        {
            if (world.Random.Next(4) == 0)
            {
                QueueOf(channel.Stream).AddLast(message);
            }
            else
            {
                QueueOf(channel.Stream).AddFirst(message);
            }
        }

        channel.Unacknowledged.Clear();
        Offer(channel.Stream);
    }

    /// <summary>A node's connection ends; the node hears of it, if it is there.</summary>
    public void Disconnect(string node)
    {
        foreach (BrokerChannel channel in _channels.Where(channel => string.Equals(channel.Node, node, StringComparison.Ordinal)).ToList())
        {
            Close(channel);
            channel.Notify();
        }
    }

    /// <summary>Publishes a dead letter; the result is known after a while, or never what became of it.</summary>
    public Task<PublishResult<object>> PublishLetterAsync(SimulatedProcess process, PublishRequest<object> request)
    {
        var done = new TaskCompletionSource<PublishResult<object>>();
        bool fails = disruptions.LettersFail();
        bool arrives = !fails || world.Random.Next(2) == 0;
        PublishOutcome outcome = !fails ? PublishOutcome.Confirmed : arrives ? PublishOutcome.ConnectionLost : world.Random.Next(2) == 0
            ? PublishOutcome.ConnectionLost : PublishOutcome.Nacked;
        world.After(world.Random.Next(4), () =>
        {
            if (arrives)
            {
                watch.OnDeadLetter(request.Message);
            }

            process.After(world.Random.Next(4), () => done.TrySetResult(new PublishResult<object>(request, outcome, 0, outcome.ToString())));
        });
        return done.Task;
    }

    private LinkedList<Publishing> QueueOf(string stream)
    {
        if (!_queues.TryGetValue(stream, out LinkedList<Publishing>? queue))
        {
            _queues.Add(stream, queue = new LinkedList<Publishing>());
        }

        return queue;
    }

    private void Offer(string stream)
    {
        foreach (BrokerChannel channel in _channels.Where(channel => string.Equals(channel.Stream, stream, StringComparison.Ordinal)).ToList())
        {
            channel.Notify();
        }
    }
}

/// <summary>A channel on which a node takes a stream's messages.</summary>
internal sealed class BrokerChannel(string node, string stream, int incarnation, Action notify)
{
    private ulong _tag;

    public string Node => node;

    public string Stream => stream;

    /// <summary>What no other channel has.</summary>
    public int Incarnation => incarnation;

    public bool IsLost { get; set; }

    public SortedDictionary<ulong, Publishing> Unacknowledged { get; } = [];

    public void Notify() => notify();

    public ulong Hold(Publishing message)
    {
        Unacknowledged.Add(++_tag, message);
        return _tag;
    }
}

/// <summary>A message that was taken.</summary>
/// <param name="Tag">Its tag on the channel.</param>
/// <param name="Message">The message.</param>
/// <param name="IsRedelivered">Whether it was delivered before.</param>
internal readonly record struct TakenMessage(ulong Tag, Publishing Message, bool IsRedelivered);

/// <summary>Told what messages nodes are given, acknowledge and publish.</summary>
internal interface IBrokerWatch
{
    void OnDelivery(Publishing message, string node);

    void OnAcknowledgement(Publishing message, string node);

    void OnDeadLetter(AmqpMessage letter);
}
