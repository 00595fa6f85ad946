using System.Threading.Channels;
using RabbitMQ.Client;

namespace DataLoad.Engine.DeadLetters;

/// <summary>
/// Takes one page of the queue: looks at each message while the client hands it over, and keeps of it only what is
/// wanted whole.
/// </summary>
internal sealed class DeadLetterPage(IChannel channel, int expected, Func<DeadLetterSummary, bool> wants) : AsyncDefaultBasicConsumer(channel)
{
    // Quorum queues count deliveries and drop a message after a number of them, which every look would bring nearer.
    private const string DeliveryCount = "x-delivery-count";
    private const long MostDeliveries = 10;

    private readonly List<(ulong Tag, DeadLetterContent Letter)> _wanted = [];
    private readonly Channel<bool> _moved = System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile int _received;
    private volatile Exception? _fault;

    /// <summary>Waits until a message was taken, or there will be no more.</summary>
    public async ValueTask MovedAsync(CancellationToken cancellationToken) => await _moved.Reader.ReadAsync(cancellationToken);

    public int Received => _received;

    public bool IsFull => _received >= expected;

    public Exception? Fault => _fault;

    /// <summary>Those that are wanted; to be read when the page has ended.</summary>
    public IReadOnlyList<(ulong Tag, DeadLetterContent Letter)> Wanted => _wanted;

    public override Task HandleBasicDeliverAsync(
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
            if (properties.Headers?.TryGetValue(DeliveryCount, out object? count) == true && Convert.ToInt64(count, System.Globalization.CultureInfo.InvariantCulture) >= MostDeliveries)
            {
                throw new DeadLetterException($"The queue of dead letters is a quorum queue that counts looks as deliveries ({count} so far) and may drop what was delivered too often: let it be a classic queue.");
            }

            DeadLetterSummary summary = DeadLetterReader.Read(properties, body.Span);
            if (wants(summary))
            {
                _wanted.Add((deliveryTag, new DeadLetterContent(summary, new BasicProperties(properties), body.ToArray())));
            }
        }
        catch (Exception e)
        {
            // Otherwise the client would pass over it, and the walk would take the message for looked at.
            _fault = e;
        }

        _received++;
        _moved.Writer.TryWrite(true);
        return Task.CompletedTask;
    }

    public override Task HandleChannelShutdownAsync(object channel, RabbitMQ.Client.Events.ShutdownEventArgs reason)
    {
        _fault ??= new DeadLetterException($"The broker closed the channel: {reason.ReplyText}. Nothing is lost; try again.");
        _moved.Writer.TryWrite(true);
        return Task.CompletedTask;
    }
}
