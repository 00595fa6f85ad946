using System.Diagnostics.Metrics;
using Akka.Actor;
using DataLoad.Engine.Faults;

namespace DataLoad.Engine.Partitions;

/// <summary>Asks a group writer to write items of a Partition; answered by <see cref="GroupWritten"/>. Each incarnation of it has at most one under way at a
/// writer.</summary>
/// <typeparam name="T">What is written.</typeparam>
internal sealed record WriteGroup<T>(int Partition, IReadOnlyList<T> Items) : INoSerializationVerificationNeeded
{
    /// <summary>How many of the items may be refused, so that the others are written without them; 0 where all are one.</summary>
    public int MostRefused { get; init; }

    /// <summary>Whether the items were refused before: they are written beside all others, once, and answered whatever comes of it. One such request may be
    /// under way beside another one.</summary>
    public bool IsAgain { get; init; }
}

/// <summary>The items are durable, but for those that are refused, and those of the Partitions whose Epoch is stale.</summary>
internal sealed record GroupWritten(string Writer, IReadOnlyList<int> Stale) : INoSerializationVerificationNeeded
{
    /// <summary>The items that were not written, while the others were.</summary>
    public IReadOnlyList<RefusedItem> Refused { get; init; } = [];

    /// <summary>Whether it answers a request of items that were refused before.</summary>
    public bool IsAgain { get; init; }
}

/// <summary>Writes for all Partitions of a node: takes together what has arrived, one write at a time, again until it works. A request that cannot be written
/// while others can is repeated by itself, so that what one Partition holds does not hold up the rest; where a few items of it are what cannot be written, those
/// are given back as refused. What a Partition asked for that has ended is not repeated.</summary>
/// <typeparam name="T">What is written.</typeparam>
/// <param name="name">What is written, for messages: "statistics".</param>
/// <param name="services">Clock, waits between tries, log, and the registry that is told what fails.</param>
/// <param name="seconds">Told how long each write took.</param>
/// <param name="write">Writes items in one transaction and returns the Partitions that were stale.</param>
internal sealed class GroupWriterActor<T>(
    string name, PartitionServices services, Histogram<double> seconds, Func<IReadOnlyList<T>, CancellationToken, Task<IReadOnlyList<int>>> write)
    : UntypedActor, IWithTimers
{
    // At so many items no further request joins a group.
    private const int MaxItems = 4096;
    private const int FailuresBeforeApart = 3;
    private readonly ApartWrite<T> _apartWrite = new(write, services.IsOfRow);
    private readonly Queue<Request> _waiting = new();
    private readonly HashSet<Request> _apart = [];
    private List<Request> _group = [];
    private int _failures;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        string name, PartitionServices services, Histogram<double> seconds, Func<IReadOnlyList<T>, CancellationToken, Task<IReadOnlyList<int>>> write) =>
        Akka.Actor.Props.Create(() => new GroupWriterActor<T>(name, services, seconds, write));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case WriteGroup<T> { IsAgain: true } request: WriteOnce(request, Sender); break;
            case WriteGroup<T> request:
                Context.Watch(Sender);
                _waiting.Enqueue(new Request(request.Partition, request.Items, request.MostRefused, Sender));
                WriteNext();
                break;
            case Terminated ended: Forget(ended.ActorRef); break;
            case Wrote wrote when ReferenceEquals(wrote.Group, _group): Finish(wrote); break;
            case Wrote wrote: FinishApart(wrote); break;
            case Again again: WriteThoseWanted(again.Group); break;
            default: Unhandled(message); break;
        }
    }

    private void WriteNext()
    {
        if (_group.Count > 0)
        {
            return;
        }

        // Two incarnations of a Partition in one group would not know whose Epoch is stale.
        int items = 0;
        while (items < MaxItems && _waiting.TryPeek(out Request? request) && !_group.Exists(other => other.Partition == request.Partition))
        {
            _waiting.Dequeue();
            if (request.IsUnwanted)
            {
                continue;
            }

            _group.Add(request);
            items += request.Items.Count;
        }

        if (_group.Count > 0)
        {
            Write(_group);
        }
    }

    private void Write(List<Request> group, bool hasFailed = false)
    {
        IReadOnlyList<T> items = group.Count == 1 ? group[0].Items : [.. group.SelectMany(request => request.Items)];
        int mostRefused = _apart.Contains(group[0]) ? group[0].MostRefused : 0;
        _ = WriteAsync(items, mostRefused, hasFailed, group[0].Failures).PipeTo(
            Self,
            success: written => new Wrote(group, written.What, written.Took, Error: null),
            failure: error => new Wrote(group, new ApartWritten([], []), TimeSpan.Zero, error));
    }

    private async Task<(ApartWritten What, TimeSpan Took)> WriteAsync(IReadOnlyList<T> items, int mostRefused, bool hasFailed, int failures)
    {
        long start = services.Time.GetTimestamp();
        ApartWritten written = mostRefused == 0
            ? new ApartWritten(await write(items, CancellationToken.None), [])
            : await _apartWrite.RunAsync(items, mostRefused, hasFailed, failures, CancellationToken.None);
        return (written, services.Time.GetElapsedTime(start));
    }

    /// <summary>Tries what was refused before; whoever holds it has it tried again.</summary>
    private void WriteOnce(WriteGroup<T> request, IActorRef asker) => _ = _apartWrite.RunAsync(
        request.Items, request.Items.Count, hasFailed: false, failures: 0, CancellationToken.None).PipeTo(
        asker,
        success: written => new GroupWritten(name, written.Stale) { Refused = written.Refused, IsAgain = true },
        failure: error => new GroupWritten(name, [])
        {
            Refused = [.. request.Items.Select((_, place) => new RefusedItem(place, RefusedItem.Explain(error)))],
            IsAgain = true,
        });

    /// <summary>Who replaces a Partition that has ended writes by itself what is due.</summary>
    private void Forget(IActorRef ended)
    {
        foreach (Request request in _group.Concat(_apart).Concat(_waiting).Where(request => request.Sender.Equals(ended)))
        {
            request.IsUnwanted = true;
        }
    }

    private void WriteThoseWanted(List<Request> group)
    {
        _apart.RemoveWhere(request => request.IsUnwanted && group.Contains(request));
        group.RemoveAll(request => request.IsUnwanted);
        if (group.Count > 0)
        {
            Write(group);
        }
        else if (ReferenceEquals(group, _group))
        {
            services.Registry.ReportWriter(name, error: null);
            EndGroup();
        }
        else if (_apart.All(other => other.Failures == 0))
        {
            services.Registry.ReportWriter(name, error: null);
        }
    }

    private void Finish(Wrote wrote)
    {
        if (wrote.Error is null)
        {
            Answer(wrote);
            EndGroup();
            return;
        }

        _failures++;
        Report(wrote.Error, _failures);
        bool mayBeOfItems = _group.Exists(request => request.MostRefused > 0) && services.IsOfRow(wrote.Error);
        if (mayBeOfItems || (_failures >= FailuresBeforeApart && (_group.Count > 1 || _waiting.Count > 0)))
        {
            SetApart();
            return;
        }

        WriteAgain(_group, _failures);
    }

    /// <summary>Writes the group's requests one by one from now on: those that work are done, but for items of them that are refused; the others hold up only
    /// themselves, and nothing that came later.</summary>
    private void SetApart()
    {
        foreach (Request request in _group)
        {
            _apart.Add(request);
            Write([request], hasFailed: _group.Count == 1);
        }

        EndGroup();
    }

    private void FinishApart(Wrote wrote)
    {
        Request request = wrote.Group[0];
        if (wrote.Error is null)
        {
            _apart.Remove(request);
            Answer(wrote);
            if (_apart.All(other => other.Failures == 0))
            {
                services.Registry.ReportWriter(name, error: null);
            }

            return;
        }

        request.Failures++;
        Report(wrote.Error, request.Failures + FailuresBeforeApart);
        WriteAgain(wrote.Group, request.Failures);
    }

    private void EndGroup()
    {
        _group = [];
        _failures = 0;
        WriteNext();
    }

    private void Answer(Wrote wrote)
    {
        seconds.Record(wrote.Took.TotalSeconds);
        if (_apart.Count == 0)
        {
            services.Registry.ReportWriter(name, error: null);
        }

        foreach (Request request in wrote.Group)
        {
            request.Sender.Tell(new GroupWritten(name, Fault.Is(FaultPoint.StaleInGroupIgnored) ? [] : wrote.What.Stale) { Refused = wrote.What.Refused });
        }
    }

    private void Report(Exception error, int failures)
    {
        services.Registry.ReportWriter(name, $"{name}: {error.Message}");
        PartitionLog.GroupWriteFailed(services.Logger, name, failures, services.Backoff.After(failures), error.Message);
    }

    private void WriteAgain(List<Request> group, int failures) => Timers.StartSingleTimer(group, new Again(group), services.Backoff.After(failures));

    private sealed class Request(int partition, IReadOnlyList<T> items, int mostRefused, IActorRef sender)
    {
        public int Partition => partition;
        public IReadOnlyList<T> Items => items;
        public int MostRefused => mostRefused;
        public IActorRef Sender => sender;
        public int Failures { get; set; }
        public bool IsUnwanted { get; set; }
    }

    private sealed record Wrote(List<Request> Group, ApartWritten What, TimeSpan Took, Exception? Error) : INoSerializationVerificationNeeded;
    private sealed record Again(List<Request> Group) : INoSerializationVerificationNeeded;
}
