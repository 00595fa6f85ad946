using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Sending;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>Watching what the queue is told.</summary>
internal sealed partial class Auditor : IQueueWatch
{
    private readonly Dictionary<int, int> _deliveries = [];
    private readonly HashSet<int> _acknowledged = [];

    public void OnDelivery(Publishing message, string node)
    {
        GeneratedEvent generated = _byMessage[message.Number];
        _deliveries[generated.Number] = _deliveries.GetValueOrDefault(generated.Number) + 1;
        _world.Log("queue", $"message {message.Number} to {node}");
    }

    public void OnAcknowledgement(Publishing message, string node)
    {
        _world.Log("queue", $"message {message.Number} acknowledged by {node}");
        GeneratedEvent generated = _byMessage[message.Number];
        if (!IsPersisted(generated))
        {
            _world.Fail($"acknowledged too early: message {message.Number} ({generated}) is not persisted");
        }

        if (!_acknowledged.Add(message.Number))
        {
            _world.Fail($"message {message.Number} was acknowledged, and came again");
        }
    }
}
