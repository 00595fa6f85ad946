using Akka.Actor;

namespace DataLoad.Bench.Core;

/// <summary>
/// In the place of dead letters and of parking, where there is no broker: what comes here is a fault of the measurement, and
/// ends the stream that depends on it.
/// </summary>
/// <param name="told">Told what came.</param>
internal sealed class NoBroker(Action<Exception> told) : UntypedActor
{
    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        told(new InvalidOperationException($"a delivery was not counted: {message}"));
        Context.Stop(Self);
    }
}
