using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace DataLoad.Engine.Intake.Amqp.Library;

/// <summary>Puts what the client dispatches into a ring; says when there will be no more.</summary>
internal sealed class DeliveryConsumer(IChannel channel, DeliveryRing ring, TaskCompletionSource<string> ended, CancellationToken closed)
    : AsyncDefaultBasicConsumer(channel)
{
    public override async Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        try
        {
            ring.Write(deliveryTag, properties, body.Span);
        }
        catch (InvalidOperationException e)
        {
            // Otherwise the client would pass over it, and the stream would wait for it for good.
            ended.TrySetResult(e.Message);
        }

        await ring.WaitForRoomAsync(closed).ConfigureAwait(false);
    }

    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        ended.TrySetResult("the broker cancelled the consumer, as it does when the queue is deleted or moves");
        return Task.CompletedTask;
    }

    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        ended.TrySetResult(reason.ReplyText);
        return Task.CompletedTask;
    }
}
