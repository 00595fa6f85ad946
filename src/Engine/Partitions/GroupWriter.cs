using Akka.Actor;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Partitions;

/// <summary>Asks a group writer to write items; answered by <see cref="GroupWritten"/>. Each Partition has at most one under way at a writer.</summary>
/// <typeparam name="T">What is written.</typeparam>
internal sealed record WriteGroup<T>(IReadOnlyList<T> Items) : INoSerializationVerificationNeeded;

/// <summary>The items are durable, but for those of stale Partitions.</summary>
/// <param name="Writer">The writer's name.</param>
/// <param name="Stale">The Partitions whose Epoch is stale; empty where all was written.</param>
internal sealed record GroupWritten(string Writer, IReadOnlyList<int> Stale) : INoSerializationVerificationNeeded;

/// <summary>
/// Writes for all Partitions of a node: takes together what has arrived, one write at a time, again until it works. A request
/// that cannot be written while others can is repeated by itself, so that what one Partition holds does not hold up the rest.
/// </summary>
/// <typeparam name="T">What is written.</typeparam>
internal sealed class GroupWriterActor<T> : UntypedActor, IWithTimers
{
    private const int FailuresBeforeApart = 3;

    private readonly GroupWriterSettings<T> _settings;
    private readonly ILogger _logger;
    private readonly Queue<Request> _waiting = new();
    private readonly HashSet<Request> _apart = [];
    private List<Request> _group = [];
    private int _failures;

    /// <summary>Makes a writer.</summary>
    public GroupWriterActor(GroupWriterSettings<T> settings, ILogger logger)
    {
        _settings = settings;
        _logger = logger;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(GroupWriterSettings<T> settings, ILogger logger) => Akka.Actor.Props.Create(() => new GroupWriterActor<T>(settings, logger));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case WriteGroup<T> write:
                _waiting.Enqueue(new Request(write.Items, Sender));
                WriteNext();
                break;
            case Wrote wrote when ReferenceEquals(wrote.Group, _group):
                Finish(wrote);
                break;
            case Wrote wrote:
                FinishApart(wrote);
                break;
            case Again again:
                Write(again.Group);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void WriteNext()
    {
        if (_group.Count > 0)
        {
            return;
        }

        int items = 0;
        while (items < _settings.MaxItems && _waiting.TryDequeue(out Request? request))
        {
            _group.Add(request);
            items += request.Items.Count;
        }

        if (_group.Count > 0)
        {
            Write(_group);
        }
    }

    private void Write(List<Request> group)
    {
        IReadOnlyList<T> items = group.Count == 1 ? group[0].Items : [.. group.SelectMany(request => request.Items)];
        _ = WriteAsync(items).PipeTo(
            Self,
            success: written => new Wrote(group, written.Stale, written.Took, items.Count, Error: null),
            failure: error => new Wrote(group, [], TimeSpan.Zero, items.Count, error));
    }

    private async Task<(IReadOnlyList<int> Stale, TimeSpan Took)> WriteAsync(IReadOnlyList<T> items)
    {
        long start = _settings.Time.GetTimestamp();
        IReadOnlyList<int> stale = await _settings.Write(items, CancellationToken.None);
        return (stale, _settings.Time.GetElapsedTime(start));
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
        if (_failures >= FailuresBeforeApart && _group.Count > 1)
        {
            SetApart();
            return;
        }

        WriteAgain(_group, _failures);
    }

    /// <summary>Writes the group's requests one by one from now on: those that work are done, the others hold up only themselves.</summary>
    private void SetApart()
    {
        foreach (Request request in _group)
        {
            _apart.Add(request);
            Write([request]);
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
                _settings.Failing(null);
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
        _settings.Observe(wrote.Took, wrote.Items);
        if (_apart.Count == 0)
        {
            _settings.Failing(null);
        }

        foreach (Request request in wrote.Group)
        {
            request.Sender.Tell(new GroupWritten(_settings.Name, Fault.Is(FaultPoint.StaleInGroupIgnored) ? [] : wrote.Stale));
        }
    }

    private void Report(Exception error, int failures)
    {
        _settings.Failing($"{_settings.Name}: {error.Message}");
        PartitionLog.GroupWriteFailed(_logger, _settings.Name, failures, _settings.Backoff.After(failures), error.Message);
    }

    private void WriteAgain(List<Request> group, int failures) =>
        Timers.StartSingleTimer(group, new Again(group), _settings.Backoff.After(failures));

    private sealed class Request(IReadOnlyList<T> items, IActorRef sender)
    {
        public IReadOnlyList<T> Items => items;

        public IActorRef Sender => sender;

        public int Failures { get; set; }
    }

    private sealed record Wrote(List<Request> Group, IReadOnlyList<int> Stale, TimeSpan Took, int Items, Exception? Error) : INoSerializationVerificationNeeded;

    private sealed record Again(List<Request> Group) : INoSerializationVerificationNeeded;
}

/// <summary>What a <see cref="GroupWriterActor{T}"/> works with.</summary>
/// <typeparam name="T">What is written.</typeparam>
internal sealed record GroupWriterSettings<T>
{
    /// <summary>What is written, for messages: "statistics".</summary>
    public required string Name { get; init; }

    /// <summary>Writes items in one transaction and returns the Partitions that were stale.</summary>
    public required Func<IReadOnlyList<T>, CancellationToken, Task<IReadOnlyList<int>>> Write { get; init; }

    /// <summary>How many items a group has at which no further request joins it.</summary>
    public int MaxItems { get; init; } = 4096;

    /// <summary>The waits between tries.</summary>
    public required Backoff Backoff { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Told how long each write took and how many items it had.</summary>
    public Action<TimeSpan, int> Observe { get; init; } = (_, _) => { };

    /// <summary>Told what fails, and null when it works again.</summary>
    public Action<string?> Failing { get; init; } = _ => { };
}
