using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace DataLoad.Simulation.Broker;

/// <summary>What the engine does not use of a channel.</summary>
internal sealed partial class SimChannel
{
#pragma warning disable CS0067 // nobody listens
    public event AsyncEventHandler<CallbackExceptionEventArgs>? CallbackExceptionAsync;

    public event AsyncEventHandler<FlowControlEventArgs>? FlowControlAsync;
#pragma warning restore CS0067

    public int ChannelNumber => number;

    public IAsyncBasicConsumer? DefaultConsumer { get; set; }

    public string? CurrentQueue => null;

    public TimeSpan ContinuationTimeout { get; set; }

    public ValueTask<ulong> GetNextPublishSequenceNumberAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask BasicNackAsync(ulong deliveryTag, bool multiple, bool requeue, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<BasicGetResult?> BasicGetAsync(string queue, bool autoAck, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask BasicPublishAsync<TProperties>(CachedString exchange, CachedString routingKey, bool mandatory, TProperties basicProperties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        where TProperties : IReadOnlyBasicProperties, IAmqpHeader => throw new NotSupportedException();

    public ValueTask BasicRejectAsync(ulong deliveryTag, bool requeue, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task ExchangeDeleteAsync(string exchange, bool ifUnused = false, bool noWait = false, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task ExchangeBindAsync(string destination, string source, string routingKey, IDictionary<string, object?>? arguments = null, bool noWait = false, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task ExchangeUnbindAsync(string destination, string source, string routingKey, IDictionary<string, object?>? arguments = null, bool noWait = false, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<uint> QueueDeleteAsync(string queue, bool ifUnused, bool ifEmpty, bool noWait = false, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<uint> QueuePurgeAsync(string queue, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task QueueUnbindAsync(string queue, string exchange, string routingKey, IDictionary<string, object?>? arguments = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<uint> ConsumerCountAsync(string queue, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task TxCommitAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task TxRollbackAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task TxSelectAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
