using System.Diagnostics;
using System.Threading.Channels;
using Dapper;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace DataLoad.Bench.Drain;

/// <summary>
/// The consumer that a team would write by hand, and well: a channel for each queue, batches of 500, rows looked up
/// together, one transaction a batch with identities and users inserted unless they are there and statistics upserted,
/// and one acknowledgement after it.
/// </summary>
public static class HandwrittenConsumer
{
    private const int BatchMessages = 500;
    private const ushort Prefetch = 2_000;

    /// <summary>Drains the queues, whose rows are in the same database as its own tables.</summary>
    public static async Task RunAsync(string amqp, IReadOnlyList<(string Queue, int Messages)> queues, string database)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(database);
        await using (NpgsqlConnection connection = await source.OpenConnectionAsync().ConfigureAwait(false))
        {
            await connection.ExecuteAsync(HandwrittenTables.CreateSql).ConfigureAwait(false);
        }

        var factory = new ConnectionFactory { Uri = new Uri(amqp), AutomaticRecoveryEnabled = false };
        await using IConnection broker = await factory.CreateConnectionAsync().ConfigureAwait(false);
        long first = 0;
        await Task.WhenAll(queues.Select(queue => ConsumeAsync(broker, queue.Queue, queue.Messages, source, () =>
            Interlocked.CompareExchange(ref first, Stopwatch.GetTimestamp(), 0)))).ConfigureAwait(false);
        DrainTime.Print(first);
    }

    private static async Task ConsumeAsync(IConnection broker, string queue, int messages, NpgsqlDataSource source, Action first)
    {
        await using IChannel channel = await broker.CreateChannelAsync().ConfigureAwait(false);
        await channel.BasicQosAsync(0, Prefetch, global: false).ConfigureAwait(false);
        var arrived = Channel.CreateUnbounded<(ulong Tag, byte[] Body)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            arrived.Writer.TryWrite((delivery.DeliveryTag, delivery.Body.ToArray()));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer).ConfigureAwait(false);
        var batch = new List<byte[]>();
        for (int done = 0; done < messages; done += batch.Count)
        {
            await arrived.Reader.WaitToReadAsync().ConfigureAwait(false);
            first();
            batch.Clear();
            ulong last = 0;
            while (batch.Count < BatchMessages && arrived.Reader.TryRead(out (ulong Tag, byte[] Body) delivery))
            {
                batch.Add(delivery.Body);
                last = delivery.Tag;
            }

            await using (NpgsqlConnection connection = await source.OpenConnectionAsync().ConfigureAwait(false))
            {
                await HandwrittenBatch.CountAsync(connection, queue, batch).ConfigureAwait(false);
            }

            await channel.BasicAckAsync(last, multiple: true).ConfigureAwait(false);
        }
    }
}
