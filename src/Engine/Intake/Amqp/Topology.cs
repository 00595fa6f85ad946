using DataLoad.Engine.Contract;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>
/// Declares exchanges, queues and bindings where they do not exist and uses those that do as they are, whatever their
/// type and arguments, and with no more rights than that takes.
/// </summary>
public sealed class Topology(AmqpConnector connector, ILogger logger)
{
    /// <summary>The exchange and the queue of dead letters.</summary>
    public const string DeadLetters = "dataload.dead";

    private const string DelayedType = "x-delayed-message";

    /// <summary>Makes sure of one stream's exchange, queue and binding.</summary>
    /// <returns>Whether the broker delays the stream's messages itself.</returns>
    public async Task<bool> EnsureStreamAsync(IConnection connection, StreamDefinition stream, CancellationToken cancellationToken)
    {
        StreamSettings settings = connector.Settings.Of(stream);
        bool delayed = settings.Delayed && await TryDelayedExchangeAsync(stream.Exchange, cancellationToken).ConfigureAwait(false);
        bool isPlainFanout = !delayed && await EnsureExchangeAsync(connection, stream.Exchange, cancellationToken).ConfigureAwait(false);
        await EnsureQueueAsync(connection, stream.Queue, settings.DeclaredArguments(), cancellationToken).ConfigureAwait(false);

        // An exchange of somebody else's type may route by key: then all keys are wanted, by topic's wildcard.
        string[] keys = isPlainFanout || delayed ? [""] : ["", "#"];
        foreach (string key in keys)
        {
            await EnsureBindingAsync(connection, stream.Queue, stream.Exchange, key, cancellationToken).ConfigureAwait(false);
        }

        return delayed;
    }

    /// <summary>Makes sure of the dead letters' exchange, queue and binding.</summary>
    public async Task EnsureDeadLettersAsync(IConnection connection, CancellationToken cancellationToken)
    {
        await EnsureExchangeAsync(connection, DeadLetters, cancellationToken).ConfigureAwait(false);
        await EnsureQueueAsync(connection, DeadLetters, new Dictionary<string, object?>(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
        await EnsureBindingAsync(connection, DeadLetters, DeadLetters, DeadLetters, cancellationToken).ConfigureAwait(false);
    }

    /// <returns>Whether it is a durable fanout without arguments.</returns>
    private async Task<bool> EnsureExchangeAsync(IConnection connection, string exchange, CancellationToken cancellationToken)
    {
        OperationInterruptedException? refusal = await TryAsync(
            connection,
            channel => channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (refusal is null)
        {
            return true;
        }

        OperationInterruptedException? missing = await TryAsync(connection, channel => channel.ExchangeDeclarePassiveAsync(exchange, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (missing is not null)
        {
            throw new TopologyException($"Exchange '{exchange}' cannot be declared and is not there: {Text(refusal)}. Declare it as a durable fanout, or give the user the right to.", refusal);
        }

        IntakeLog.UsedAsIs(logger, "Exchange", exchange, Text(refusal));

        // Without the right to declare nothing is known of its type; with it, the refusal says that it differs.
        return refusal.ShutdownReason?.ReplyCode == Constants.AccessRefused;
    }

    private async Task EnsureQueueAsync(IConnection connection, string queue, IDictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        OperationInterruptedException? refusal = await TryAsync(
            connection,
            channel => channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments: arguments, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (refusal is null)
        {
            return;
        }

        OperationInterruptedException? missing = await TryAsync(connection, channel => channel.QueueDeclarePassiveAsync(queue, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (missing is not null)
        {
            throw new TopologyException($"Queue '{queue}' cannot be declared and is not there or not to be used: {Text(refusal)}. Declare it, or give the user the right to.", refusal);
        }

        IntakeLog.UsedAsIs(logger, "Queue", queue, Text(refusal));
    }

    private async Task EnsureBindingAsync(IConnection connection, string queue, string exchange, string key, CancellationToken cancellationToken)
    {
        OperationInterruptedException? refusal = await TryAsync(
            connection,
            channel => channel.QueueBindAsync(queue, exchange, key, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (refusal is not null)
        {
            // Somebody else may have bound it already; the right to bind is theirs then.
            IntakeLog.UsedAsIs(logger, "The binding of queue", queue, Text(refusal));
        }
    }

    /// <summary>
    /// Tries to have a delaying exchange. A broker without the plugin ends the whole connection over it, so a
    /// connection of its own is used.
    /// </summary>
    private async Task<bool> TryDelayedExchangeAsync(string exchange, CancellationToken cancellationToken)
    {
        try
        {
            await using IConnection connection = await connector.ConnectAsync("probe for delayed exchanges", cancellationToken).ConfigureAwait(false);
            await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            var arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-delayed-type"] = ExchangeType.Fanout };
            await channel.ExchangeDeclareAsync(exchange, DelayedType, durable: true, autoDelete: false, arguments: arguments, cancellationToken: cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is OperationInterruptedException or AlreadyClosedException)
        {
            IntakeLog.UsedAsIs(logger, "Delayed exchange", exchange, $"the engine holds delayed messages itself ({e.Message})");
            return false;
        }
    }

    private static async Task<OperationInterruptedException?> TryAsync(IConnection connection, Func<IChannel, Task> action, CancellationToken cancellationToken)
    {
        // A refusal closes the channel, so each try has one of its own.
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            await action(channel).ConfigureAwait(false);
            return null;
        }
        catch (OperationInterruptedException e) when (connection.IsOpen)
        {
            return e;
        }
    }

    private static string Text(OperationInterruptedException e) => e.ShutdownReason?.ReplyText ?? e.Message;
}
