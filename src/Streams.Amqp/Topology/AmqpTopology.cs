using Akka;
using Akka.Streams.Dsl;

namespace DataLoad.Streams.Amqp;

/// <summary>Declares exchanges, queues and bindings, uses those that are there otherwise as they are, and finds out whether they still are.</summary>
/// <param name="connections">The broker's connections; declaring has one of its own.</param>
/// <param name="settings">What is to be there.</param>
public sealed class AmqpTopology(AmqpConnections connections, AmqpTopologySettings settings)
{
    private const int NotFound = 404;
    private const int AccessRefused = 403;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private IAmqpChannel? _channel;

    /// <summary>Declares all, now and then each interval, and emits each time what it found. Never fails; one run at a time.</summary>
    public Source<IReadOnlyList<TopologyFinding>, Akka.Actor.ICancelable> Watch(TimeSpan interval) =>
        Source.Tick(TimeSpan.Zero, interval, NotUsed.Instance).SelectAsync(1, _ => EnsureAsync(CancellationToken.None));

    /// <summary>Declares all that is not there, and says how each is. One call at a time.</summary>
    /// <returns>A finding for each exchange, queue and binding, in their order.</returns>
    public Task<IReadOnlyList<TopologyFinding>> EnsureAsync(CancellationToken cancellationToken) => FindAsync(declares: true, cancellationToken);

    /// <summary>Says how each exchange and queue is, and makes nothing. Bindings cannot be asked for. One call at a time.</summary>
    /// <returns>A finding for each exchange and queue, in their order.</returns>
    public Task<IReadOnlyList<TopologyFinding>> InspectAsync(CancellationToken cancellationToken) => FindAsync(declares: false, cancellationToken);

    private async Task<IReadOnlyList<TopologyFinding>> FindAsync(bool declares, CancellationToken cancellationToken)
    {
        var findings = new List<TopologyFinding>();
        try
        {
            foreach (AmqpExchange exchange in settings.Exchanges)
            {
                findings.Add(await FindAsync($"exchange '{exchange.Name}'", declares, cancellationToken, async (channel, passive) =>
                {
                    await channel.DeclareAsync(exchange, passive, cancellationToken);
                    return null;
                }));
            }

            foreach (AmqpQueue queue in settings.Queues)
            {
                findings.Add(await FindQueueAsync(queue, declares, cancellationToken));
            }

            foreach (AmqpBinding binding in declares ? settings.Bindings : [])
            {
                findings.Add(await BindAsync(binding, cancellationToken));
            }
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            IEnumerable<string> left = Names.Take(declares ? int.MaxValue : settings.Exchanges.Count + settings.Queues.Count).Skip(findings.Count);
            findings.AddRange(left.Select(name => new TopologyFinding(name, TopologyState.Unknown, e.Message)));
        }
        finally
        {
            await CloseAsync();
        }

        return findings;
    }

    private IEnumerable<string> Names =>
        settings.Exchanges.Select(exchange => $"exchange '{exchange.Name}'")
            .Concat(settings.Queues.Select(queue => $"queue '{queue.Name}'"))
            .Concat(settings.Bindings.Select(NameOf));

    private static string NameOf(AmqpBinding binding) => $"binding of queue '{binding.Queue}' to exchange '{binding.Exchange}' with key '{binding.RoutingKey}'";

    private async Task<TopologyFinding> FindAsync(
        string name, bool declares, CancellationToken cancellationToken, Func<IAmqpChannel, bool, Task<long?>> declare)
    {
        // Declaring does not say whether it was there.
        bool isGone = false;
        if (!declares || _seen.Contains(name))
        {
            AmqpException? absent = await TryAsync(channel => declare(channel, true), cancellationToken);
            isGone = absent is { Code: NotFound };
            if (!declares && isGone)
            {
                return new TopologyFinding(name, TopologyState.Absent, absent!.Message);
            }
        }

        long? messages = null;
        AmqpException? refusal = await TryAsync(async channel => messages = await declare(channel, false), cancellationToken);
        if (refusal is null)
        {
            _seen.Add(name);
            return new TopologyFinding(name, isGone ? TopologyState.MadeAgain : TopologyState.Declared, "", messages);
        }

        AmqpException? missing = await TryAsync(async channel => messages = await declare(channel, true), cancellationToken);
        if (missing is null)
        {
            _seen.Add(name);
            return new TopologyFinding(name, TopologyState.UsedAsIs, refusal.Message, messages);
        }

        _seen.Remove(name);
        return missing.Code is NotFound or AccessRefused
            ? new TopologyFinding(name, TopologyState.Missing, $"{refusal.Message}. Declare it, or give the user the right to.")
            : new TopologyFinding(name, TopologyState.Unfit, missing.Message);
    }

    private async Task<TopologyFinding> FindQueueAsync(AmqpQueue queue, bool declares, CancellationToken cancellationToken)
    {
        string name = $"queue '{queue.Name}'";

        // One that would lose messages is not made.
        bool isWantedUnfit = QueuePromise.Unfit(queue) is not null;
        TopologyFinding finding = await FindAsync(name, declares && !isWantedUnfit, cancellationToken, async (channel, passive) =>
        {
            AmqpQueueState state = await channel.DeclareAsync(queue, passive, cancellationToken);
            return state.Messages;
        });
        return finding.State switch
        {
            TopologyState.Declared or TopologyState.MadeAgain => Judged(queue, finding),
            TopologyState.Absent when isWantedUnfit => Judged(queue, finding with { Text = "it is not made as it is set" }),
            TopologyState.UsedAsIs => await JudgeAsync(queue, finding, cancellationToken),
            _ => finding,
        };
    }

    /// <summary>Finds out how a queue that is otherwise than declared is: a broker names one difference at a time, so the queue is declared with what it
    /// named, until nothing differs.</summary>
    private async Task<TopologyFinding> JudgeAsync(AmqpQueue queue, TopologyFinding finding, CancellationToken cancellationToken)
    {
        var found = new QueueDifferences(queue);
        string refusal = finding.Text;
        while (found.Learn(refusal))
        {
            AmqpException? next = await TryAsync(channel => channel.DeclareAsync(found.Queue, passive: false, cancellationToken), cancellationToken);
            refusal = next?.Message ?? "";
        }

        // Without the right to declare it, or where the broker's text is cut off, it may be anything.
        TopologyFinding judged = Judged(found.Queue, finding);
        return refusal.Length == 0 && !found.IsUnreadable ? judged
            : judged with { Text = $"{judged.Text}; whether it may lose messages cannot be seen", CountsDeliveries = judged.CountsDeliveries is true ? true : null };
    }

    private static TopologyFinding Judged(AmqpQueue queue, TopologyFinding finding)
    {
        TopologyFinding judged = finding with { CountsDeliveries = QueuePromise.CountsDeliveries(queue) };
        return QueuePromise.Unfit(queue) is { } unfit ? judged with { State = TopologyState.Unfit, Text = With(unfit) }
            : QueuePromise.Risk(queue) is { } risk ? judged with { Text = With(risk) }
            : judged;

        string With(string text) => finding.Text.Length == 0 ? text : $"{text} ({finding.Text})";
    }

    private async Task<TopologyFinding> BindAsync(AmqpBinding binding, CancellationToken cancellationToken)
    {
        string name = NameOf(binding);
        AmqpException? refusal = await TryAsync(channel => channel.BindAsync(binding, cancellationToken), cancellationToken);
        return refusal?.Code switch
        {
            null => new TopologyFinding(name, TopologyState.Declared),

            // Somebody else may have bound it already; the right to bind is theirs then.
            AccessRefused => new TopologyFinding(name, TopologyState.UsedAsIs, refusal.Message),
            _ => new TopologyFinding(name, TopologyState.Missing, refusal.Message),
        };
    }

    /// <summary>Does something on a channel; a refusal closes it, so that the next one has another.</summary>
    /// <returns>The refusal, or null.</returns>
    /// <exception cref="IOException">The connection is lost.</exception>
    private async Task<AmqpException?> TryAsync(Func<IAmqpChannel, Task> action, CancellationToken cancellationToken)
    {
        if (_channel is null or { Ended.IsCompleted: true })
        {
            await CloseAsync();
            IAmqpConnection connection = await connections.GetAsync(AmqpConnectionRole.Declaring, cancellationToken);
            _channel = await connection.OpenChannelAsync(cancellationToken);
        }

        IAmqpChannel channel = _channel;
        try
        {
            await action(channel);
            return null;
        }
        catch (AmqpException e) when (e.Code != 0 && channel.Ended.IsCompleted)
        {
            AmqpEnd end = await channel.Ended;
            return end.OfConnection ? throw new AmqpException(e.Message, e.Code, e) : e;
        }
    }

    private async Task CloseAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
            _channel = null;
        }
    }
}

/// <summary>What is to be there at the broker.</summary>
public sealed record AmqpTopologySettings
{
    /// <summary>The exchanges.</summary>
    public IReadOnlyList<AmqpExchange> Exchanges { get; init; } = [];

    /// <summary>The queues.</summary>
    public IReadOnlyList<AmqpQueue> Queues { get; init; } = [];

    /// <summary>The bindings.</summary>
    public IReadOnlyList<AmqpBinding> Bindings { get; init; } = [];
}

/// <summary>How a part of the topology is.</summary>
public enum TopologyState
{
    /// <summary>It is as declared.</summary>
    Declared,
    /// <summary>It was gone and was made again.</summary>
    MadeAgain,
    /// <summary>It is there but otherwise than declared, or could not be declared: it is used as it is.</summary>
    UsedAsIs,
    /// <summary>It is not there and cannot be made.</summary>
    Missing,
    /// <summary>It is a queue that cannot keep what its source promises, or was to be one: <see cref="QueuePromise"/>.</summary>
    Unfit,
    /// <summary>It is not there, and it was only asked for: <see cref="AmqpTopology.InspectAsync"/>.</summary>
    Absent,
    /// <summary>The broker could not be asked.</summary>
    Unknown,
}

/// <summary>How one exchange, queue or binding is.</summary>
/// <param name="Name">What it is, such as <c>queue 'orders'</c>.</param>
/// <param name="State">How it is.</param>
/// <param name="Text">Why, for people, in the broker's words where it said some, and when it may lose messages; empty where all is as declared.</param>
/// <param name="Messages">How many messages wait in the queue; null for anything else, or where it is not known.</param>
public sealed record TopologyFinding(string Name, TopologyState State, string Text = "", long? Messages = null)
{
    /// <summary>Whether it can be used.</summary>
    public bool IsUsable => State is TopologyState.Declared or TopologyState.MadeAgain or TopologyState.UsedAsIs;

    /// <summary>Whether it is a queue that counts how often it delivers each message; null where that is not known.</summary>
    public bool? CountsDeliveries { get; init; }
}

/// <summary>A durable exchange.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, such as <c>fanout</c>.</param>
public sealed record AmqpExchange(string Name, string Type = "fanout")
{
    /// <summary>Further arguments: texts, integers and flags.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);
}

/// <summary>A queue. What is declared here is durable and neither exclusive nor auto-deleted; one that is there may be otherwise.</summary>
/// <param name="Name">Its name.</param>
public sealed record AmqpQueue(string Name)
{
    /// <summary>Further arguments, such as <c>x-queue-type</c>: texts, integers and flags.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    internal bool IsDurable { get; init; } = true;
    internal bool IsExclusive { get; init; }
    internal bool IsAutoDelete { get; init; }
}

/// <summary>A binding of a queue to an exchange.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Queue">The queue.</param>
/// <param name="RoutingKey">The key; a fanout exchange does not look at it.</param>
public sealed record AmqpBinding(string Exchange, string Queue, string RoutingKey = "");

/// <summary>What a queue holds.</summary>
/// <param name="Messages">How many messages wait in it.</param>
/// <param name="Consumers">How many consume it.</param>
public readonly record struct AmqpQueueState(long Messages, long Consumers);
