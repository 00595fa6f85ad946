using System.Collections.Concurrent;
using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake;

/// <summary>Declares the streams' exchanges, queues and bindings and those of the dead letters, checks every few seconds whether they still are as they
/// should be and how long the queues are, and says of each stream when it can be consumed.</summary>
internal sealed class TopologyActor : ReceiveActor, IWithTimers
{
    private const string Next = "next";

    // The reply code of a broker that does not know a type.
    private const int CommandInvalid = 503;

    private readonly IntakeSetup _setup;
    private readonly IReadOnlyList<StreamDefinition> _streams;
    private readonly BrokerState _state;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<string> _delayed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _routedByKey = new(StringComparer.Ordinal);
    private readonly HashSet<string> _started = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TopologyFinding> _known = new(StringComparer.Ordinal);
    private TopologyPlan _plan;
    private AmqpTopology _topology;
    private bool _isConnected;
    private int _failures;

    public TopologyActor(IntakeSetup setup, IReadOnlyList<StreamDefinition> streams, BrokerState state)
    {
        (_setup, _streams, _state) = (setup, streams, state);
        (_plan, _topology) = Plan();
        Receive<Probed>(OnProbed);
        Receive<ProbeNow>(_ => Probe());
        Receive<CheckNow>(_ => Check());
        Receive<Found>(found => Take(found.Findings));
        Receive<CheckFailed>(failed =>
        {
            IntakeLog.LagUnknown(_setup.Options.Logger, failed.Fault.Message);
            _state.LooksFailed();
            Repeat(new CheckNow());
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IntakeSetup setup, IReadOnlyList<StreamDefinition> streams, BrokerState state) =>
        Akka.Actor.Props.Create(() => new TopologyActor(setup, streams, state)).WithDeploy(Deploy.Local);

    protected override void PreStart() => Probe();

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private DateTimeOffset Now => _setup.Options.Time.GetUtcNow();

    private void OnProbed(Probed probed)
    {
        if (probed.Fault is not null)
        {
            Repeat(new ProbeNow());
            return;
        }

        _delayed.UnionWith(probed.Delayed);
        (_plan, _topology) = Plan();
        Check();
    }

    private (TopologyPlan Plan, AmqpTopology Topology) Plan()
    {
        var plan = new TopologyPlan(_streams, _setup.SettingsOf, _delayed, _routedByKey);
        return (plan, new AmqpTopology(_setup.Connections, plan.Settings));
    }

    /// <summary>Finds out which of the exchanges that are to delay messages can: a broker without the plugin ends the connection over one.</summary>
    private void Probe()
    {
        StreamDefinition[] wanted = [.. _streams.Where(stream => _setup.SettingsOf(stream).Delayed)];
        _ = ProbeAsync(wanted, _stopping.Token).PipeTo(Self, failure: fault => new Probed([], fault));
    }

    private async Task<Probed> ProbeAsync(IReadOnlyList<StreamDefinition> wanted, CancellationToken cancellationToken)
    {
        var delayed = new List<string>();
        foreach (StreamDefinition stream in wanted)
        {
            IAmqpConnection connection = await _setup.Connections.GetAsync(AmqpConnectionRole.Declaring, cancellationToken);
            await using IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
            try
            {
                await channel.DeclareAsync(TopologyPlan.ExchangeOf(stream, isDelayed: true), passive: false, cancellationToken);
                delayed.Add(stream.Name);
            }
            catch (AmqpException e) when (e.Code != 0)
            {
                IntakeLog.UsedAsIs(_setup.Options.Logger, "Delayed exchange", stream.Exchange, $"the engine holds delayed messages itself ({e.Message})");
                if (e.Code == CommandInvalid)
                {
                    // The broker knows no such type, and has ended the connection over it: asking for the others would end one after another.
                    break;
                }
            }
        }

        return new Probed(delayed, null);
    }

    private void Check() =>
        _ = _topology.EnsureAsync(_stopping.Token).PipeTo(Self, success: findings => new Found(findings), failure: fault => new CheckFailed(fault));

    private void Take(IReadOnlyList<TopologyFinding> findings)
    {
        foreach (TopologyFinding finding in findings)
        {
            Note(finding);
        }

        bool hasNewKeys = false;
        foreach (StreamDefinition stream in _streams)
        {
            hasNewKeys |= Take(stream, _plan.Of(stream, findings));
        }

        _state.DeadLetters = QueueLook.Next(_state.DeadLetters, _plan.OfDeadLetters(findings).Messages, Now);

        NoteConnection(!findings.Any(finding => finding.State == TopologyState.Unknown));
        if (hasNewKeys)
        {
            (_plan, _topology) = Plan();
            Check();
        }
        else if (_isConnected)
        {
            Timers.StartSingleTimer(Next, new CheckNow(), _setup.CheckInterval);
        }
        else
        {
            Repeat(new CheckNow());
        }
    }

    /// <returns>Whether its exchange turned out to be of another type.</returns>
    private bool Take(StreamDefinition stream, IReadOnlyList<TopologyFinding> own)
    {
        if (QueueLook.Next(_state.Lag.GetValueOrDefault(stream.Name), own[1].Messages, Now) is { } look)
        {
            _state.Lag[stream.Name] = look;
        }

        _state.CountsDeliveries[stream.Name] = own[1].CountsDeliveries is true;
        TopologyFinding? problem = own.FirstOrDefault(finding => !finding.IsUsable);
        if (problem is null)
        {
            _state.Problems.TryRemove(stream.Name, out _);
        }
        else
        {
            _state.Problems[stream.Name] = $"{problem.Name}: {problem.Text}";
        }

        if (own[0].IsUsable && own[1].IsUsable && _started.Add(stream.Name))
        {
            Context.Parent.Tell(new StartStream(stream.Name, _delayed.Contains(stream.Name)));
        }

        return own[0].State == TopologyState.UsedAsIs && !_delayed.Contains(stream.Name) && _routedByKey.Add(stream.Name);
    }

    private void Note(TopologyFinding finding)
    {
        TopologyFinding? before = _known.GetValueOrDefault(finding.Name);
        bool isNew = before is null || before.State != finding.State || !string.Equals(before.Text, finding.Text, StringComparison.Ordinal);
        if (finding.State == TopologyState.Unknown)
        {
            // It says nothing of how it is.
            return;
        }

        _known[finding.Name] = finding;
        if (isNew && (finding.State != TopologyState.Declared || finding.Text.Length > 0))
        {
            IntakeLog.TopologyChanged(_setup.Options.Logger, finding.Name, finding.State.ToString(), finding.Text);
        }
        else if (before is { IsUsable: false } && finding.IsUsable)
        {
            IntakeLog.TopologyMended(_setup.Options.Logger, finding.Name);
        }
    }

    private void NoteConnection(bool isConnected)
    {
        if (isConnected && !_isConnected)
        {
            _failures = 0;
            _setup.Options.Metrics.BrokerConnections.Add(1);
            IntakeLog.Connected(_setup.Options.Logger, _setup.Connections.Settings.SafeName);
        }

        _isConnected = isConnected;
    }

    private void Repeat(object message)
    {
        TimeSpan wait = _setup.Options.Settings.Backoff.After(++_failures);
        string error = _setup.Connections.StateOf(AmqpConnectionRole.Declaring).Error ?? "the connection was lost";
        IntakeLog.ConnectFailed(_setup.Options.Logger, _setup.Connections.Settings.SafeName, _failures, wait, error);
        Timers.StartSingleTimer(Next, message, wait);
    }

    private sealed record Probed(IReadOnlyList<string> Delayed, Exception? Fault) : INoSerializationVerificationNeeded;
    private sealed record Found(IReadOnlyList<TopologyFinding> Findings) : INoSerializationVerificationNeeded;
    private sealed record CheckFailed(Exception Fault) : INoSerializationVerificationNeeded;
    private sealed record ProbeNow;
    private sealed record CheckNow;
}

/// <summary>How the broker's exchanges and queues are, as of the last check; written by the <see cref="TopologyActor"/>, read by anybody.</summary>
internal sealed class BrokerState
{
    /// <summary>How many messages wait in each stream's queue.</summary>
    public ConcurrentDictionary<string, QueueLook> Lag { get; } = new(StringComparer.Ordinal);

    /// <summary>What of a stream's exchange, queue or bindings is not as it should be, by the stream's name.</summary>
    public ConcurrentDictionary<string, string> Problems { get; } = new(StringComparer.Ordinal);

    /// <summary>Why the broker takes nothing that is published, as of the last probe, or null.</summary>
    public string? PublishingRefused { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Whether a stream's queue is known to count how often it delivers each message, by the stream's name.</summary>
    public ConcurrentDictionary<string, bool> CountsDeliveries { get; } = new(StringComparer.Ordinal);

    /// <summary>How many dead letters wait in their queue; null before the first check.</summary>
    public QueueLook? DeadLetters { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Notes that no queue could be looked at.</summary>
    public void LooksFailed()
    {
        foreach ((string stream, QueueLook look) in Lag)
        {
            Lag[stream] = look with { IsLast = false };
        }

        DeadLetters = DeadLetters is { } letters ? letters with { IsLast = false } : null;
    }
}

/// <summary>The last look at a queue that could tell how many messages wait in it.</summary>
/// <param name="Messages">How many.</param>
/// <param name="At">When that was.</param>
/// <param name="IsLast">Whether no look after it failed.</param>
internal sealed record QueueLook(long Messages, DateTimeOffset At, bool IsLast)
{
    /// <summary>What is known after a further look, which may have told nothing.</summary>
    public static QueueLook? Next(QueueLook? before, long? messages, DateTimeOffset at) =>
        messages is long known ? new QueueLook(known, at, IsLast: true) : before is null ? null : before with { IsLast = false };
}

/// <summary>What is to be there at the broker for the streams that are consumed, and which of it is whose.</summary>
/// <param name="streams">The streams.</param>
/// <param name="settingsOf">How each is set.</param>
/// <param name="delayed">The streams whose exchange delays messages.</param>
/// <param name="routedByKey">The exchanges of somebody else's type, which may route by key: then all keys are wanted, by topic's wildcard.</param>
internal sealed class TopologyPlan(
    IReadOnlyList<StreamDefinition> streams, Func<StreamDefinition, StreamSettings> settingsOf, IReadOnlySet<string> delayed, IReadOnlySet<string> routedByKey)
{
    private const string DelayedType = "x-delayed-message";

    // Whatever a vhost makes of a queue without a type: one that counted deliveries could not be looked at.
    private static readonly AmqpQueue DeadLetters = new(Letter.Exchange)
    {
        Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-queue-type"] = "classic" },
    };

    /// <summary>All of it, that of the dead letters last.</summary>
    public AmqpTopologySettings Settings => new()
    {
        Exchanges = [.. streams.Select(stream => ExchangeOf(stream, delayed.Contains(stream.Name))), new AmqpExchange(Letter.Exchange)],
        Queues = [.. streams.Select(stream => settingsOf(stream).QueueOf(stream)), DeadLetters],
        Bindings = [.. streams.SelectMany(BindingsOf), new AmqpBinding(Letter.Exchange, Letter.Exchange, Letter.Exchange)],
    };

    /// <summary>The exchange of a stream.</summary>
    public static AmqpExchange ExchangeOf(StreamDefinition stream, bool isDelayed)
    {
        var exchange = new AmqpExchange(stream.Exchange);
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-delayed-type"] = exchange.Type };
        return isDelayed ? exchange with { Type = DelayedType, Arguments = arguments } : exchange;
    }

    /// <summary>The findings of a stream: of its exchange, its queue, and its bindings.</summary>
    public IReadOnlyList<TopologyFinding> Of(StreamDefinition stream, IReadOnlyList<TopologyFinding> findings)
    {
        // Exchanges, queues and bindings, in this order and each with that of the dead letters last.
        int place = streams.TakeWhile(other => !ReferenceEquals(other, stream)).Count();
        int bindings = (2 * (streams.Count + 1)) + streams.Take(place).Sum(other => BindingsOf(other).Count());
        return [findings[place], findings[streams.Count + 1 + place], .. findings.Skip(bindings).Take(BindingsOf(stream).Count())];
    }

    /// <summary>The finding of the queue of dead letters.</summary>
    public TopologyFinding OfDeadLetters(IReadOnlyList<TopologyFinding> findings) => findings[streams.Count + 1 + streams.Count];

    private IEnumerable<AmqpBinding> BindingsOf(StreamDefinition stream)
    {
        yield return new AmqpBinding(stream.Exchange, stream.Queue);
        if (routedByKey.Contains(stream.Name))
        {
            yield return new AmqpBinding(stream.Exchange, stream.Queue, "#");
        }
    }
}
