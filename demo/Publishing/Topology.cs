using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Demo;

/// <summary>Declares the streams' exchanges, queues and bindings as their owners would.</summary>
public static class Topology
{
    private const ushort NotFound = 404;

    /// <summary>
    /// Declares a durable fanout exchange and a durable queue bound to it for each stream. What exists already,
    /// of whatever type and with whatever arguments, is used as it is.
    /// </summary>
    public static async Task DeclareAsync(IConnection connection, CancellationToken cancel = default)
    {
        foreach (var stream in ContractStreams.All)
        {
            if (!await ExistsAsync(connection, channel => channel.ExchangeDeclarePassiveAsync(stream.Exchange, cancel), cancel))
            {
                await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
                await channel.ExchangeDeclareAsync(stream.Exchange, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancel);
            }

            if (!await ExistsAsync(connection, channel => channel.QueueDeclarePassiveAsync(stream.Queue, cancel), cancel))
            {
                await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
                await channel.QueueDeclareAsync(stream.Queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: cancel);
            }

            await using var binder = await connection.CreateChannelAsync(cancellationToken: cancel);
            await binder.QueueBindAsync(stream.Queue, stream.Exchange, string.Empty, cancellationToken: cancel);
        }
    }

    private static async Task<bool> ExistsAsync(IConnection connection, Func<IChannel, Task> declarePassive, CancellationToken cancel)
    {
        // A channel dies of the answer "not found".
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        try
        {
            await declarePassive(channel);
            return true;
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == NotFound)
        {
            return false;
        }
    }
}
