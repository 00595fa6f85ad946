using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Sending;

/// <summary>What a broker is to the nodes, at its simplest: it delivers again what was not acknowledged by whoever had it.</summary>
internal sealed class MessageQueue(World world, IQueueWatch watch)
{
    private readonly LinkedList<Publishing> _ready = new();
    private readonly Dictionary<int, (string Node, Publishing Message)> _delivered = [];

    /// <summary>Told when there is something to take.</summary>
    public event Action? Available;

    /// <summary>How many messages are not acknowledged.</summary>
    public int Unsettled => _ready.Count + _delivered.Count;

    public void Publish(Publishing message)
    {
        _ready.AddLast(message);
        Available?.Invoke();
    }

    /// <summary>Takes messages; they are the node's until it acknowledges them or ends.</summary>
    public List<Publishing> Take(string node, int count)
    {
        var taken = new List<Publishing>();
        while (taken.Count < count && _ready.First is { } first)
        {
            _ready.RemoveFirst();
            _delivered.Add(first.Value.Number, (node, first.Value));
            taken.Add(first.Value);
            watch.OnDelivery(first.Value, node);
        }

        return taken;
    }

    public void Acknowledge(string node, int message)
    {
        if (_delivered.TryGetValue(message, out (string Node, Publishing Message) delivered) && string.Equals(delivered.Node, node, StringComparison.Ordinal))
        {
            _delivered.Remove(message);
            watch.OnAcknowledgement(delivered.Message, node);
        }
    }

    /// <summary>Takes back what a node has; it comes again, in order or not.</summary>
    public void Requeue(string node)
    {
        foreach (Publishing message in _delivered.Values.Where(one => string.Equals(one.Node, node, StringComparison.Ordinal)).Select(one => one.Message).OrderByDescending(message => message.Number).ToList())
        {
            _delivered.Remove(message.Number);
            if (world.Random.Next(4) == 0)
            {
                _ready.AddLast(message);
            }
            else
            {
                _ready.AddFirst(message);
            }
        }

        Available?.Invoke();
    }
}

/// <summary>Told what messages nodes are given and acknowledge.</summary>
internal interface IQueueWatch
{
    void OnDelivery(Publishing message, string node);

    void OnAcknowledgement(Publishing message, string node);
}
