using Akka.Actor;
using Akka.Streams;
using DataLoad.Engine.Intake.Streaming;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class StreamActorTests : IntakeKit
{
    private readonly StreamHandle _handle = new("act.share");
    private readonly List<Graph> _graphs = [];

    [Fact]
    public async Task It_runs_when_its_queue_is_there()
    {
        IActorRef stream = Start();
        stream.Tell(new StartStream("act.share", BrokerDelays: true));

        (await RunAsync(1)).BrokerDelays.ShouldBeTrue();
    }

    [Fact]
    public async Task A_fault_of_our_own_starts_it_again_after_a_wait_and_a_pause_holds_through_it()
    {
        IActorRef stream = Start();
        stream.Tell(new StartStream("act.share", BrokerDelays: false));
        stream.Tell(new PauseStream("act.share"));
        Graph first = await RunAsync(1);
        await UntilAsync(() => first.Told.Contains("pause"), "the pause");
        first.Ended.SetException(new InvalidOperationException("a fault"));
        await UntilAsync(() => _handle.Fault is not null, "the fault to be shown");
        _handle.Fault.ShouldBe("a fault");

        await PassAsync(Second);

        Graph second = await RunAsync(2);
        await UntilAsync(() => second.Told.Contains("pause"), "the pause");
        _handle.Fault.ShouldBeNull();
        stream.Tell(new ResumeStream("act.share"));
        await UntilAsync(() => second.Told.Contains("resume"), "the resumption");
    }

    [Fact]
    public async Task It_is_drained_when_its_graph_ended_after_it_was_told_to_stop()
    {
        IActorRef stream = Start();
        stream.Tell(new StartStream("act.share", BrokerDelays: false));
        Graph graph = await RunAsync(1);
        stream.Tell(new StopTaking());
        await _handle.Stopped;
        _handle.Drained.IsCompleted.ShouldBeFalse();

        graph.Ended.SetResult();

        await _handle.Drained;
        graph.Told.ShouldBe(["stop"]);
    }

    [Fact]
    public async Task A_stream_that_waits_for_a_failing_query_is_given_up_after_the_patience()
    {
        IActorRef stream = Start();
        stream.Tell(new StartStream("act.share", BrokerDelays: false));
        Graph graph = await RunAsync(1);
        _handle.State.LookupFailing = "the database is away";
        stream.Tell(new StopTaking());
        await _handle.Stopped;

        await PassAsync(2 * Second);

        await _handle.Drained;
        graph.Told.ShouldBe(["stop", "abort"]);
    }

    [Fact]
    public async Task A_stream_that_never_ran_is_drained_at_once_and_runs_no_more()
    {
        IActorRef stream = Start();
        stream.Tell(new StopTaking());
        await _handle.Drained;

        stream.Tell(new StartStream("act.share", BrokerDelays: false));
        stream.Tell(new PauseStream("act.share"));
        Watch(stream);
        stream.Tell(PoisonPill.Instance);
        await ExpectTerminatedAsync(stream);

        _graphs.ShouldBeEmpty();
        _handle.IsPaused.ShouldBeFalse();
    }

    private IActorRef Start() => Sys.ActorOf(StreamActor.Props(_handle, Run, startsAtOnce: false, Options));

    private StreamRun Run(IMaterializer materializer, bool brokerDelays)
    {
        var graph = new Graph(brokerDelays);
        lock (_graphs)
        {
            _graphs.Add(graph);
        }

        return new StreamRun(
            graph.Ended.Task,
            () => graph.Tell("pause"),
            () => graph.Tell("resume"),
            () =>
            {
                graph.Tell("stop");
                return Task.CompletedTask;
            },
            fault =>
            {
                graph.Tell("abort");
                graph.Ended.TrySetException(fault);
            });
    }

    private async Task<Graph> RunAsync(int number)
    {
        await UntilAsync(
            () =>
            {
                lock (_graphs)
                {
                    return _graphs.Count == number;
                }
            },
            $"graph {number}");
        return _graphs[^1];
    }

    private sealed class Graph(bool brokerDelays)
    {
        private readonly List<string> _told = [];

        public bool BrokerDelays => brokerDelays;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Told
        {
            get
            {
                lock (_told)
                {
                    return [.. _told];
                }
            }
        }

        public void Tell(string what)
        {
            lock (_told)
            {
                _told.Add(what);
            }
        }
    }
}
