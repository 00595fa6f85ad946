using DataLoad.Engine.Intake;

namespace DataLoad.Bench.Core;

/// <summary>Where there is no broker, a dead letter is a fault of the measurement.</summary>
internal sealed class NoBroker : IDeadLetterPublisher
{
    /// <inheritdoc/>
    public ValueTask PublishAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"a delivery was not counted: {letters[0].Rejection.Reason} {letters[0].Rejection.Error}");
}
