using System.Globalization;
using System.Text;
using DataLoad.Simulation.Tests.Broker;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Streams.Amqp;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>Watching what the broker is told.</summary>
internal sealed partial class Auditor : IBrokerWatch
{
    private readonly HashSet<int> _dead = [];
    private readonly Dictionary<int, int> _deliveries = [];
    private readonly Dictionary<int, long> _firstDeliveries = [];
    private readonly HashSet<int> _acknowledged = [];

    public void OnDelivery(Publishing message, string node)
    {
        GeneratedEvent generated = _byMessage[message.Number];
        _deliveries[generated.Number] = _deliveries.GetValueOrDefault(generated.Number) + 1;
        _firstDeliveries.TryAdd(message.Number, _world.ElapsedMs);
        _world.Log("broker", $"message {message.Number} to {node}");
    }

    public void OnAcknowledgement(Publishing message, string node)
    {
        _world.Log("broker", $"message {message.Number} acknowledged by {node}");
        GeneratedEvent generated = _byMessage[message.Number];
        bool isParked = _state.Parked.Keys.Any(id => _parked.GetValueOrDefault(id) == message.Number) || IsInParkedBatch(generated);
        if (!IsPersisted(generated) && !_dead.Contains(message.Number) && !isParked)
        {
            _world.Fail($"acknowledged too early: message {message.Number} ({generated}) is neither persisted, nor parked, nor a confirmed dead letter");
        }

        if (!_acknowledged.Add(message.Number))
        {
            _world.Fail($"message {message.Number} was acknowledged, and came again");
        }
    }

    public void OnDeadLetter(AmqpMessage letter)
    {
        int number = MessageContent.NumberOf(letter.Properties);
        string reason = TextOf(letter.Properties, "x-dataload-reason");
        _world.Log("broker", $"dead letter {number}: {reason}");
        if (!_byMessage.TryGetValue(number, out GeneratedEvent? generated))
        {
            _world.Fail($"a dead letter {number} that nobody published");
            return;
        }

        _dead.Add(number);
        bool isRight = generated.Flaw is not null
            ? string.Equals(reason, generated.Flaw, StringComparison.Ordinal)
            : string.Equals(reason, "no-row", StringComparison.Ordinal) && generated.RowsAtMs > 0;
        if (!isRight)
        {
            _world.Fail($"lost: message {number} ({generated}) became a dead letter: {reason}: {TextOf(letter.Properties, "x-dataload-error")}");
        }

        MessageContent content = MessageContent.Of(_publishings[number], generated);
        if (!letter.Body.Span.SequenceEqual(content.Body) || letter.Properties.TryGetHeader("x-delay"u8, out _) != content.Properties.TryGetHeader("x-delay"u8, out _))
        {
            _world.Fail($"the dead letter of message {number} has another body or lacks a header");
        }

        CheckTries(number, generated);
    }

    /// <summary>A row that is missing is tried for as long as the delays say.</summary>
    private void CheckTries(int number, GeneratedEvent generated)
    {
        long most = _scenario.Sending.RetryDelaysMs.Sum();
        long waited = _world.ElapsedMs - _firstDeliveries[number];
        if (generated.Flaw is null && waited < most && ClockOffsets == (0, 0))
        {
            _world.Fail(string.Create(CultureInfo.InvariantCulture,
                $"message {number} ({generated}) became a dead letter after {waited} ms, its tries take {most} ms"));
        }
    }

    private static string TextOf(AmqpProperties properties, string header) =>
        properties.TryGetHeader(Encoding.UTF8.GetBytes(header), out AmqpValue value) ? value.ToString() : "none";
}
