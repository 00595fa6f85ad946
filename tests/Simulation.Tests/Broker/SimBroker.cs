using DataLoad.Engine.Intake.Amqp;
using DataLoad.Simulation.Running;
using DataLoad.Simulation.Scheduling;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Simulation.Broker;

/// <summary>
/// A broker whose queues survive everything, and whose connections do not: what was delivered and not acknowledged comes
/// back when its connection is gone, and what is on the wire then, acknowledgements and confirms too, is lost.
/// </summary>
internal sealed class SimBroker(World world, Weather weather, IBrokerWatch watch)
{
    private readonly Dictionary<string, List<Message>> _queues = new(StringComparer.Ordinal);
    private readonly List<SimConnection> _connections = [];

    public World World => world;

    public Weather Weather => weather;

    public IBrokerWatch Watch => watch;

    /// <summary>What reached the queue of dead letters.</summary>
    public List<Message> DeadLetters { get; } = [];

    public IReadOnlyList<SimConnection> Connections => _connections;

    /// <summary>Messages that are in a queue or delivered and not acknowledged.</summary>
    public int Unsettled => _queues.Values.Sum(queue => queue.Count) + _connections.Sum(connection => connection.Unacknowledged);

    public List<Message> QueueOf(string name)
    {
        if (!_queues.TryGetValue(name, out List<Message>? queue))
        {
            _queues.Add(name, queue = []);
        }

        return queue;
    }

    public void Publish(Message message)
    {
        List<Message> queue = QueueOf(message.Queue);
        queue.Insert(weather.Reorders ? world.Random.Next(queue.Count + 1) : queue.Count, message);
        Deliver();
    }

    /// <summary>What was delivered and not acknowledged comes back: at its old place, or at any where the weather says so.</summary>
    public void Requeue(IEnumerable<Message> messages)
    {
        foreach (Message message in messages)
        {
            List<Message> queue = QueueOf(message.Queue);
            int place = queue.FindIndex(other => other.Number > message.Number);
            queue.Insert(weather.Reorders ? world.Random.Next(queue.Count + 1) : place < 0 ? queue.Count : place, message);
        }

        world.After(weather.Latency(), Deliver);
    }

    public async Task<IConnection> ConnectAsync(NodeScheduler scheduler, string name, CancellationToken cancellationToken)
    {
        await PauseAsync(cancellationToken);
        if (weather.BrokerIsDown)
        {
            throw new BrokerUnreachableException(new IOException("the broker is down"));
        }

        var connection = new SimConnection(this, scheduler, name);
        _connections.Add(connection);
        return connection;
    }

    public Task PauseAsync(CancellationToken cancellationToken)
    {
        var pause = new TaskCompletionSource();
        world.After(weather.Latency(), () => pause.TrySetResult());
        return pause.Task.WaitAsync(cancellationToken);
    }

    public void Forget(SimConnection connection) => _connections.Remove(connection);

    /// <summary>Cuts connections: of one process where that is given.</summary>
    public void Cut(NodeScheduler? scheduler = null)
    {
        foreach (SimConnection connection in _connections.Where(connection => scheduler is null || connection.Scheduler == scheduler).ToList())
        {
            connection.Cut("the connection was lost");
        }
    }

    /// <summary>Hands out what consumers have room for.</summary>
    public void Deliver()
    {
        foreach (SimConnection connection in _connections)
        {
            foreach (SimChannel channel in connection.Channels)
            {
                channel.Fill();
            }
        }
    }

    public void Accept(string exchange, BasicProperties properties, byte[] body)
    {
        if (string.Equals(exchange, Topology.DeadLetters, StringComparison.Ordinal))
        {
            var letter = new Message(Message.NumberOf(properties), exchange, properties, body);
            DeadLetters.Add(letter);
            watch.OnDeadLetter(letter);
        }
        else
        {
            world.Fail($"the engine published to exchange '{exchange}'");
        }
    }
}
