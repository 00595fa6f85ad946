using System.Globalization;
using DataLoad.Engine.Intake;
using DataLoad.Simulation.Broker;
using DataLoad.Simulation.Scenarios;

namespace DataLoad.Simulation.Checking;

/// <summary>Watching what the broker is told.</summary>
internal sealed partial class Auditor : IBrokerWatch
{
    private readonly Dictionary<int, int> _dead = [];
    private readonly Dictionary<int, int> _deliveries = [];
    private readonly Dictionary<int, long> _firstDeliveries = [];
    private readonly HashSet<int> _acknowledged = [];

    public void OnDelivery(Message message, string node)
    {
        Happening happening = _byMessage[message.Number];
        _deliveries[happening.Number] = _deliveries.GetValueOrDefault(happening.Number) + 1;
        _firstDeliveries.TryAdd(message.Number, _world.NowMs);
        _world.Log("broker", $"message {message.Number} to {node}{(message.Deliveries > 1 ? " again" : "")}");
    }

    public void OnAcknowledgement(Message message, string node)
    {
        _world.Log("broker", $"message {message.Number} acknowledged by {node}");
        Happening happening = _byMessage[message.Number];
        bool isParked = _state.Parked.Keys.Any(id => _parked.TryGetValue(id, out int number) && number == message.Number);
        if (!IsJournaled(happening) && !_dead.ContainsKey(message.Number) && !isParked)
        {
            _world.Fail($"acknowledged too early: message {message.Number} ({happening}) is neither journaled, nor parked, nor a confirmed dead letter");
        }

        if (!_acknowledged.Add(message.Number))
        {
            _world.Fail($"message {message.Number} was acknowledged, and came again");
        }
    }

    public void OnDeadLetter(Message letter)
    {
        string reason = letter.Properties.Headers?.TryGetValue(DeliveryHeaders.Reason, out object? code) == true ? $"{code}" : "none";
        _world.Log("broker", $"dead letter {letter.Number}: {reason}");
        if (!_byMessage.TryGetValue(letter.Number, out Happening? happening))
        {
            _world.Fail($"a dead letter {letter.Number} that nobody published");
            return;
        }

        int times = _dead[letter.Number] = _dead.GetValueOrDefault(letter.Number) + 1;
        if (times > 1 && !HasTroubles)
        {
            _world.Fail($"dead letter {letter.Number} came {times} times, though nothing went wrong");
        }

        string error = $"{letter.Properties.Headers?[DeliveryHeaders.Error]}";
        if (happening.Flaw is not null ? !string.Equals(reason, happening.Flaw, StringComparison.Ordinal) : !string.Equals(reason, "no-row", StringComparison.Ordinal) || happening.RowsAtMs == 0)
        {
            _world.Fail($"lost: message {letter.Number} ({happening}) became a dead letter: {reason}: {error}");
        }

        if (!letter.Body.AsSpan().SequenceEqual(Bodies.MessageOf(_publishings[letter.Number], happening).Body))
        {
            _world.Fail($"the dead letter of message {letter.Number} has another body");
        }

        CheckTries(letter, happening);
    }

    /// <summary>A row that is missing is tried for as long as the delays say.</summary>
    private void CheckTries(Message letter, Happening happening)
    {
        double most = _scenario.Settings.Intake.RetryDelays.Sum(delay => delay.TotalMilliseconds);
        long waited = _world.NowMs - _firstDeliveries[letter.Number];
        if (happening.Flaw is null && waited < most && !HasClockJumps)
        {
            _world.Fail(string.Create(CultureInfo.InvariantCulture, $"message {letter.Number} ({happening}) became a dead letter after {waited} ms, its tries take {most} ms"));
        }
    }
}
