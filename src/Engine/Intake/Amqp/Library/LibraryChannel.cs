using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp.Library;

/// <summary>Consumes over a channel of the client library.</summary>
internal sealed class LibraryChannel(IChannel channel) : IConsumingChannel
{
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _tag = "";

    public Task<string> Ended => _ended.Task;

    public async Task ConsumeAsync(string queue, DeliveryRing ring, CancellationToken cancellationToken)
    {
        var consumer = new DeliveryConsumer(channel, ring, _ended, _closed.Token);
        _tag = await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask AcknowledgeAsync(ulong tag, CancellationToken cancellationToken) => channel.BasicAckAsync(tag, multiple: true, cancellationToken);

    public async ValueTask CancelAsync(CancellationToken cancellationToken) =>
        await channel.BasicCancelAsync(_tag, noWait: true, cancellationToken: cancellationToken).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        // The client dispatches one thing after another: a delivery that waits for room would hold up the closing.
        await _closed.CancelAsync().ConfigureAwait(false);
        await channel.DisposeAsync().ConfigureAwait(false);
        _closed.Dispose();
    }
}
