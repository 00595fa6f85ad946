using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake;

/// <summary>What is to be there at the broker for the streams that are consumed, and which of it is whose.</summary>
/// <param name="streams">The streams.</param>
/// <param name="settingsOf">How each is set.</param>
/// <param name="delayed">The streams whose exchange delays messages.</param>
/// <param name="routedByKey">The exchanges of somebody else's type, which may route by key: then all keys are wanted, by topic's wildcard.</param>
internal sealed class TopologyPlan(
    IReadOnlyList<StreamDefinition> streams, Func<StreamDefinition, StreamSettings> settingsOf, IReadOnlySet<string> delayed, IReadOnlySet<string> routedByKey)
{
    private const string DelayedType = "x-delayed-message";

    /// <summary>All of it, that of the dead letters last.</summary>
    public AmqpTopologySettings Settings => new()
    {
        Exchanges = [.. streams.Select(stream => ExchangeOf(stream, delayed.Contains(stream.Name))), new AmqpExchange(Letter.Exchange)],
        Queues = [.. streams.Select(QueueOf), new AmqpQueue(Letter.Exchange)],
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

    private AmqpQueue QueueOf(StreamDefinition stream) => new(stream.Queue)
    {
        Arguments = settingsOf(stream).DeclaredArguments().ToDictionary(argument => argument.Key, argument => argument.Value, StringComparer.Ordinal),
    };

    private IEnumerable<AmqpBinding> BindingsOf(StreamDefinition stream)
    {
        yield return new AmqpBinding(stream.Exchange, stream.Queue);
        if (routedByKey.Contains(stream.Name))
        {
            yield return new AmqpBinding(stream.Exchange, stream.Queue, "#");
        }
    }
}
