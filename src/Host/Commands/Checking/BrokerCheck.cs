using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake;
using DataLoad.Streams.Amqp;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Checks the broker and what is declared there. Declares nothing that is not there.</summary>
internal sealed class BrokerCheck(CheckReport report, HostSettings settings)
{
    private const int NotFound = 404;
    private const int AccessRefused = 403;

    private readonly AmqpConnectionSettings _broker = settings.Engine.Amqp.ToConnectionSettings();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connections = new AmqpConnections(_broker with { Name = $"{_broker.Name} check" });
            IAmqpConnection connection = await connections.GetAsync(AmqpConnectionRole.Declaring, cancellationToken);
            report.Ok("broker", $"{_broker.SafeName} is reachable as user '{_broker.UserName}'.");
            foreach (StreamDefinition stream in Catalog.Default.Streams)
            {
                StreamSettings set = settings.Engine.Amqp.Of(stream);
                if (set.Enabled)
                {
                    await CheckAsync(connections, connection, $"broker {stream.Name}", stream.Exchange, set.QueueOf(stream), cancellationToken);
                }
                else
                {
                    report.Note($"broker {stream.Name}", "is switched off (enabled = false): its events are not consumed.");
                }
            }

            TopologyFinding? dead = await CheckAsync(
                connections, connection, "dead letters", DeadLetterDesk.Queue, new AmqpQueue(DeadLetterDesk.Queue), cancellationToken);
            if (dead is { CountsDeliveries: true } && !settings.DeadLetters.UnlimitedDeliveries)
            {
                report.Note("dead letters", $"queue {DeadLetterDesk.Queue} is a quorum queue, which counts looks as deliveries: 'dead list' and the others "
                    + "refuse it. Let it be a classic one, or see dataload.dead-letters.unlimited-deliveries.");
            }

            report.Note("broker", "bindings cannot be looked at over AMQP; each start makes those that are missing.");
            await CheckPublishingAsync(connections, cancellationToken);
        }
        catch (Exception e) when (FailureText.IsOutside(e))
        {
            report.Problem("broker", $"{_broker.SafeName} {FailureText.OfBroker(e, _broker.UserName)}");
        }
    }

    /// <returns>How the queue is; null where it is not there, or cannot be used.</returns>
    private async Task<TopologyFinding?> CheckAsync(
        AmqpConnections connections, IAmqpConnection connection, string subject, string exchange, AmqpQueue queue, CancellationToken cancellationToken)
    {
        AmqpQueueState? found = null;
        AmqpException? noExchange = await TryAsync(
            connection, channel => channel.DeclareAsync(new AmqpExchange(exchange), passive: true, cancellationToken), cancellationToken);
        AmqpException? noQueue = await TryAsync(
            connection, async channel => found = await channel.DeclareAsync(queue, passive: true, cancellationToken), cancellationToken);
        TopologyFinding judged = (await new AmqpTopology(connections, new AmqpTopologySettings { Queues = [queue] }).InspectAsync(cancellationToken))[0];
        string? unfit = judged.State == TopologyState.Unfit ? $"queue {queue.Name} would not be consumed: {judged.Text}." : null;
        string[] wrong = [.. new[] { Wrong("exchange", exchange, noExchange), Wrong("queue", queue.Name, noQueue), unfit }.OfType<string>()];
        if (wrong.Length > 0)
        {
            report.Problem(subject, string.Join(' ', wrong));
            return null;
        }

        string exchangeText = $"exchange {exchange} {(noExchange is null ? "exists" : "will be declared")}";
        string queueText = found is { } state
            ? $"queue {queue.Name} exists, with {state.Messages} messages waiting and {state.Consumers} consumers"
            : $"queue {queue.Name} will be declared";
        report.Add(noExchange is null && noQueue is null ? Finding.Ok : Finding.Note, subject, $"{exchangeText}, {queueText}.");
        if (found is null)
        {
            return null;
        }

        if (judged.Text.Length > 0)
        {
            report.Note(subject, $"queue {queue.Name} is used as it is: {judged.Text}.");
        }

        return judged;
    }

    private string? Wrong(string kind, string name, AmqpException? refusal) => refusal?.Code switch
    {
        null or NotFound => null,
        AccessRefused => $"user '{_broker.UserName}' may not use {kind} {name}: give it the rights configure, read and write on it.",
        _ => $"{kind} {name} cannot be used: {refusal.Message}.",
    };

    /// <summary>Finds out whether dead letters could be published: the user needs the right to, and a broker that is short of memory or disk takes nothing, while it delivers.</summary>
    private async Task CheckPublishingAsync(AmqpConnections connections, CancellationToken cancellationToken)
    {
        IAmqpConnection publishing = await connections.GetAsync(AmqpConnectionRole.Publishing, cancellationToken);
        try
        {
            if (publishing.Blocked is null && !await AmqpProbe.MayPublishAsync(publishing, DeadLetterDesk.Queue, _broker.ConnectTimeout, TimeProvider.System, cancellationToken))
            {
                report.Problem("dead letters", $"user '{_broker.UserName}' may not publish to exchange {DeadLetterDesk.Queue}: give it the right to write there. "
                    + "Until then dead letters wait in the store.");
            }

            await CheckBlockedAsync(publishing, cancellationToken);
        }
        catch (AmqpException e) when (e.Code == AccessRefused && !publishing.Ended.IsCompleted)
        {
            report.Note("broker", $"whether it blocks publishing is seen only once a dead letter waits for it: user '{_broker.UserName}' has no right to write to "
                + "the default exchange.");
        }
    }

    private async Task CheckBlockedAsync(IAmqpConnection publishing, CancellationToken cancellationToken)
    {
        if (await AmqpProbe.FindRefusalAsync(publishing, _broker.ConnectTimeout, TimeProvider.System, cancellationToken) is { } reason)
        {
            report.Problem("broker", $"blocks publishing ({reason}): events count, but no service can publish, and dead letters wait. Free memory or disk there.");
        }
    }

    /// <summary>Tries on a channel of its own, since a refusal closes the channel.</summary>
    private static async Task<AmqpException?> TryAsync(IAmqpConnection connection, Func<IAmqpChannel, Task> action, CancellationToken cancellationToken)
    {
        await using IAmqpChannel channel = await connection.OpenChannelAsync(cancellationToken);
        try
        {
            await action(channel);
            return null;
        }
        catch (AmqpException e) when (e.Code != 0 && !connection.Ended.IsCompleted)
        {
            return e;
        }
    }
}
