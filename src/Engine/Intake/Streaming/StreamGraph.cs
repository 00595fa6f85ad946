using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Metrics;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>A graph that runs.</summary>
/// <param name="Ended">Done when it took no more, and all that it had taken was accepted; fails with the graph.</param>
/// <param name="Pause">Takes no more, until it is resumed.</param>
/// <param name="Resume">Goes on.</param>
/// <param name="StopTaking">Takes no more for good; the task is done when nothing more comes.</param>
/// <param name="Abort">Ends it at once, with why: what was taken and is not accepted comes again.</param>
internal sealed record StreamRun(Task Ended, Action Pause, Action Resume, Func<Task> StopTaking, Action<Exception> Abort);

/// <summary>The graphs of one stream, from the broker and from parking. Each is fused, of batches, and only a fault of our own fails it.</summary>
internal static class StreamGraph
{
    /// <summary>Runs: take what has arrived, interpret it, send it to the Partitions until it is accepted, acknowledge.</summary>
    public static (StreamRun Run, IAmqpConsumerControl Control) RunConsuming(
        Source<DeliveryBatch, IAmqpConsumerControl> source, DeliveryInterpreter interpreter, PartitionDispatch dispatch,
        IntakeOptions options, StreamState state, StreamDefinition stream, IMaterializer materializer)
    {
        KeyValuePair<string, object?> tag = new(EngineMetrics.StreamTag, stream.Name);
        Source<IDeliveryBatch, IAmqpConsumerControl> batches = source.Select(batch =>
        {
            options.Metrics.Deliveries.Add(batch.Count, tag);
            return (IDeliveryBatch)new AmqpDeliveries(batch);
        });
        (IAmqpConsumerControl control, UniqueKillSwitch abort, Task ended) = Run(batches, interpreter, dispatch, options, state, materializer);
        return (new StreamRun(ended, control.Pause, control.Resume, control.StopTaking, abort.Abort), control);
    }

    /// <summary>Runs: take up what is due, interpret it, send it until it is accepted, remove its rows.</summary>
    public static StreamRun RunParked(
        ParkedSource source, DeliveryInterpreter interpreter, PartitionDispatch dispatch, IntakeOptions options, StreamState state, IMaterializer materializer)
    {
        (ParkedControl control, UniqueKillSwitch abort, Task ended) = Run(Source.FromGraph(source), interpreter, dispatch, options, state, materializer);
        return new StreamRun(ended, control.Pause, control.Resume, control.StopTaking, abort.Abort);
    }

    private static (TControl Control, UniqueKillSwitch Abort, Task Ended) Run<TControl>(
        Source<IDeliveryBatch, TControl> source, DeliveryInterpreter interpreter, PartitionDispatch dispatch,
        IntakeOptions options, StreamState state, IMaterializer materializer)
    {
        ((TControl control, UniqueKillSwitch abort), Task ended) = source
            .ViaMaterialized(KillSwitches.Single<IDeliveryBatch>(), Keep.Both)
            .Via(new InterpretationStage(interpreter, options, state))
            .ToMaterialized(dispatch, Keep.Both)
            .Run(materializer);
        return (control, abort, ended);
    }
}
