using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake.Amqp;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Checks the broker and what is declared there. Declares nothing: it only asks whether names exist.</summary>
internal sealed class BrokerCheck(CheckReport report, AmqpConnector connector, HostSettings settings)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using IConnection connection = await connector.ConnectAsync("check", cancellationToken);
            report.Ok("broker", $"{connector.Settings.SafeName} is reachable as user '{connector.UserName}'.");
            foreach (StreamDefinition stream in Catalog.Default.Streams)
            {
                if (settings.Engine.Amqp.Of(stream).Enabled)
                {
                    await CheckAsync(connection, $"broker {stream.Name}", stream.Exchange, stream.Queue, cancellationToken);
                }
                else
                {
                    report.Note($"broker {stream.Name}", "is switched off (enabled = false): its events are not consumed.");
                }
            }

            await CheckAsync(connection, "dead letters", DeadLetterDesk.Queue, DeadLetterDesk.Queue, cancellationToken);
            report.Note("broker", "bindings cannot be looked at over AMQP; each start makes those that are missing.");
        }
        catch (Exception e) when (FailureText.IsOutside(e))
        {
            report.Problem("broker", $"{connector.Settings.SafeName} {FailureText.OfBroker(e, connector.UserName)}");
        }
    }

    private async Task CheckAsync(IConnection connection, string subject, string exchange, string queue, CancellationToken cancellationToken)
    {
        QueueDeclareOk? found = null;
        ShutdownEventArgs? noExchange = await TryAsync(connection, channel =>
            channel.ExchangeDeclarePassiveAsync(exchange, cancellationToken), cancellationToken);
        ShutdownEventArgs? noQueue = await TryAsync(connection, async channel =>
            found = await channel.QueueDeclarePassiveAsync(queue, cancellationToken), cancellationToken);
        string[] wrong = [.. new[] { Wrong("exchange", exchange, noExchange), Wrong("queue", queue, noQueue) }.OfType<string>()];
        if (wrong.Length > 0)
        {
            report.Problem(subject, string.Join(' ', wrong));
            return;
        }

        string exchangeText = $"exchange {exchange} {(noExchange is null ? "exists" : "will be declared")}";
        string queueText = found is null
            ? $"queue {queue} will be declared"
            : $"queue {queue} exists, with {found.MessageCount} messages waiting and {found.ConsumerCount} consumers";
        report.Add(noExchange is null && noQueue is null ? Finding.Ok : Finding.Note, subject, $"{exchangeText}, {queueText}.");
    }

    private string? Wrong(string kind, string name, ShutdownEventArgs? refusal) => refusal?.ReplyCode switch
    {
        null or Constants.NotFound => null,
        Constants.AccessRefused => $"user '{connector.UserName}' may not use {kind} {name}: give it the rights configure, read and write on it.",
        _ => $"{kind} {name} cannot be used: {refusal.ReplyText}.",
    };

    /// <summary>Tries on a channel of its own, since a refusal closes the channel.</summary>
    private static async Task<ShutdownEventArgs?> TryAsync(IConnection connection, Func<IChannel, Task> action, CancellationToken cancellationToken)
    {
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await action(channel);
            return null;
        }
        catch (OperationInterruptedException e) when (connection.IsOpen && e.ShutdownReason is not null)
        {
            return e.ShutdownReason;
        }
    }
}
