using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace DataLoad.Bench.Drain;

/// <summary>
/// The broker's limit: a consumer that does nothing but acknowledge, many at once, with a channel for each queue and the
/// prefetch that the engine has by default. Prints the seconds from the first delivery to the last acknowledgement.
/// </summary>
public static class AcknowledgingConsumer
{
    private const ushort Prefetch = 10_000;
    private const int AcknowledgedTogether = 500;

    /// <summary>Drains the queues.</summary>
    public static async Task RunAsync(string amqp, IReadOnlyList<(string Queue, int Messages)> queues)
    {
        var factory = new ConnectionFactory { Uri = new Uri(amqp), AutomaticRecoveryEnabled = false };
        await using IConnection connection = await factory.CreateConnectionAsync().ConfigureAwait(false);
        long first = 0;
        var draining = new List<Task>();
        foreach ((string queue, int messages) in queues)
        {
            IChannel channel = await connection.CreateChannelAsync().ConfigureAwait(false);
            await channel.BasicQosAsync(0, Prefetch, global: false).ConfigureAwait(false);
            var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var consumer = new AsyncEventingBasicConsumer(channel);
            int received = 0;
            consumer.ReceivedAsync += async (_, delivery) =>
            {
                if (received++ == 0)
                {
                    Interlocked.CompareExchange(ref first, Stopwatch.GetTimestamp(), 0);
                }

                if (received % AcknowledgedTogether == 0 || received == messages)
                {
                    await channel.BasicAckAsync(delivery.DeliveryTag, multiple: true).ConfigureAwait(false);
                }

                if (received == messages)
                {
                    drained.SetResult();
                }
            };
            draining.Add(drained.Task);
            await channel.BasicConsumeAsync(queue, autoAck: false, consumer).ConfigureAwait(false);
        }

        await Task.WhenAll(draining).ConfigureAwait(false);
        DrainTime.Print(first);
    }
}
