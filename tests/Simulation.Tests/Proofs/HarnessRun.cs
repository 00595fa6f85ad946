using System.Globalization;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Pattern;
using Akka.Persistence;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;
using DataLoad.Simulation.Tests.Stores;

namespace DataLoad.Simulation.Tests.Proofs;

/// <summary>
/// A little system that uses all of Akka that the engine uses: persistent actors under backoff supervisors, timers, a
/// stream that waits for them and starts again, children that end together, and a store that fails.
/// </summary>
internal static class HarnessRun
{
    /// <summary>Runs it.</summary>
    /// <returns>Its trace.</returns>
    public static Trace Run(ulong seed, int elements = 100) => SimulationThread.Run(() => RunHere(seed, elements));

    private static Trace RunHere(ulong seed, int elements)
    {
        var world = new World(seed, startMs: 1_700_000_000_000);
        world.Trace.Lines = [];
        var disruptions = new ActiveDisruptions(world,
            [new Disruption(DisruptionKind.StoreFailsAfterwards, 0, 400, 20), new Disruption(DisruptionKind.StoreSlow, 0, 400, 50)]);
        var server = new StoreServer(world);
        var table = new JournalTable { Written = row => world.Log("journal", $"{row.PersistenceId} #{row.SequenceNr}: {row.Payload}") };
        var process = new SimulatedProcess(world, "node");
        var wire = new StoreWire(world, disruptions, server, process);
        ActorSystem system = ProcessSystem.Start(process, SimulatedJournal.Configuration, new JournalSetup(table, wire, maxBatch: 3));
        IActorRef[] writers =
        [
            .. Enumerable.Range(0, 4).Select(i => system.ActorOf(
                BackoffSupervisor.Props(Backoff.OnStop(Props.Create(() => new Writer(world, $"writer-{i}")), "child", TimeSpan.FromMilliseconds(10),
                    TimeSpan.FromMilliseconds(80), 0, -1)),
                $"writer-{i}")),
        ];
        ActorMaterializer materializer = system.Materializer();
        bool isOver = false;
        process.After(5, () => RestartSource.OnFailuresWithBackoff(
                () => Source.From(Enumerable.Range(0, elements)).SelectAsync(4, i => Ask(process, writers[i % 4], i)),
                RestartSettings.Create(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100), 0).WithMaxRestarts(1000, TimeSpan.FromMilliseconds(100)))
            .Select(i => Log(world, "stream", string.Create(CultureInfo.InvariantCulture, $"{i} is done")))
            .To(Sink.OnComplete<NotUsed>(() => isOver = true, e => world.Fail($"the stream failed: {e}")))
            .Run(materializer));
        world.RunUntil(() => isOver, 60_000, 1_000_000, "the end of the stream");
        bool isRead = false;
        new SimulatedReadJournal(table, wire, 2).CurrentEventsByPersistenceId("writer-1", 3, long.MaxValue)
            .Select(envelope => Log(world, "reader", $"#{envelope.SequenceNr} {envelope.Event}"))
            .To(Sink.OnComplete<NotUsed>(() => isRead = true, e => world.Fail($"the read failed: {e}")))
            .Run(materializer);
        world.RunUntil(() => isRead, 120_000, 1_000_000, "the end of the read");
        foreach (IActorRef writer in writers)
        {
            system.Stop(writer);
        }

        bool areStopped = false;
        world.After(1000, () => areStopped = true);
        world.RunUntil(() => areStopped, 180_000, 1_000_000, "the end of the writers");
        process.Kill();
        return world.Trace;
    }

    private static NotUsed Log(World world, string who, string what)
    {
        world.Log(who, what);
        return NotUsed.Instance;
    }

    /// <summary>Asks until there is an answer: a message to a writer that is down is lost.</summary>
    private static Task<int> Ask(SimulatedProcess process, IActorRef writer, int number)
    {
        var done = new TaskCompletionSource<int>();
        Send();
        return done.Task;

        void Send()
        {
            if (!done.Task.IsCompleted)
            {
                writer.Tell(new Write(number, done));
                process.After(40, Send);
            }
        }
    }

    private sealed record Write(int Number, TaskCompletionSource<int> Done);

    private sealed class Writer : ReceivePersistentActor
    {
        public Writer(World world, string id)
        {
            PersistenceId = id;
            Recover<string>(text => world.Log(id, $"recovers {text}"));
            Command<Write>(write => Persist(string.Create(CultureInfo.InvariantCulture, $"number {write.Number}"), text =>
            {
                world.Log(id, $"persisted {text} as {LastSequenceNr}");

                // Children whose names hash differently in each process end together with their parent.
                IActorRef child = Context.Child($"child-{write.Number % 7}");
                if (child.IsNobody())
                {
                    child = Context.ActorOf(Props.Create(() => new Child(world)), $"child-{write.Number % 7}");
                }

                child.Tell(text);
                write.Done.TrySetResult(write.Number);
            }));
        }

        public override string PersistenceId { get; }

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
        {
        }
    }

    private sealed class Child(World world) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            world.Log(Self.Path.ToStringWithoutAddress(), $"{message}");
            if (message is string text && !text.EndsWith('!'))
            {
                Timers.StartSingleTimer("again", $"{text}!", TimeSpan.FromMilliseconds(7));
            }
        }

        protected override void PostStop() => world.Log(Self.Path.ToStringWithoutAddress(), "stops");
    }
}
