namespace DataLoad.Engine.Intake;

/// <summary>Publishes dead letters.</summary>
public interface IDeadLetterPublisher
{
    /// <summary>
    /// Publishes dead letters, mandatory, and returns when the broker has confirmed all of them; tries again until it
    /// has, so that after a failure some may be there twice.
    /// </summary>
    ValueTask PublishAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken);
}
