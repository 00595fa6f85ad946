using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>A channel that tells of each message whether the broker has it in a queue. The client could do so itself, but only with a header of its own in
/// each message, and a dead letter has the headers that it came with. One publishes at a time.</summary>
internal sealed class ConfirmedChannel : IAsyncDisposable
{
    private readonly IChannel _channel;
    private readonly Lock _lock = new();

    // In the order of their numbers, which the broker counts too, from 1.
    private readonly List<Publication> _waiting = [];
    private ulong _published;

    internal ConfirmedChannel(IChannel channel)
    {
        _channel = channel;
        channel.BasicReturnAsync += (_, returned) => Locked(() => Return(returned));
        channel.BasicAcksAsync += (_, ack) => Locked(() => Settle(ack.DeliveryTag, ack.Multiple, refusal: null));
        channel.BasicNacksAsync += (_, nack) => Locked(() => Settle(nack.DeliveryTag, nack.Multiple, "the broker refused the message: a queue may be full"));
        channel.ChannelShutdownAsync += (_, reason) => Locked(() => Settle(ulong.MaxValue, multiple: true, $"the channel was closed: {reason.ReplyText}"));
    }

    private sealed record Publication(ulong Number, BasicProperties Properties, ReadOnlyMemory<byte> Body)
    {
        public TaskCompletionSource Confirmed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public string? Returned { get; set; }
    }

    public bool IsOpen => _channel.IsOpen;

    public static async Task<ConfirmedChannel> OpenAsync(IConnection connection, CancellationToken cancellationToken) =>
        new(await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancellationToken));

    /// <summary>Publishes a message, mandatory. After a failure the channel is of no more use.</summary>
    /// <returns>Done when the message is confirmed; failed where it is refused or no queue takes it.</returns>
    public async ValueTask<Task> PublishAsync(
        string exchange, string routingKey, BasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var publication = new Publication(++_published, properties, body);
        lock (_lock)
        {
            _waiting.Add(publication);
        }

        await _channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, body, cancellationToken);
        return publication.Confirmed.Task;
    }

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    private Task Locked(Action what)
    {
        lock (_lock)
        {
            what();
        }

        return Task.CompletedTask;
    }

    /// <summary>The broker gives back a message that no queue takes before it confirms it, and does not say its number: all that it may be count as given
    /// back, rather twice in the queue than not at all.</summary>
    private void Return(BasicReturnEventArgs returned)
    {
        bool known = _waiting.Exists(waiting => IsSame(waiting, returned));
        foreach (Publication waiting in _waiting)
        {
            if (!known || IsSame(waiting, returned))
            {
                waiting.Returned = $"no queue takes the message: {returned.ReplyText}";
            }
        }
    }

    private void Settle(ulong number, bool multiple, string? refusal)
    {
        foreach (Publication waiting in _waiting.Where(waiting => multiple ? waiting.Number <= number : waiting.Number == number))
        {
            if ((refusal ?? waiting.Returned) is string error)
            {
                waiting.Confirmed.TrySetException(new NotPublishedException(error));
            }
            else
            {
                waiting.Confirmed.TrySetResult();
            }
        }

        _waiting.RemoveAll(waiting => waiting.Confirmed.Task.IsCompleted);
    }

    private static bool IsSame(Publication waiting, BasicReturnEventArgs returned) =>
        string.Equals(waiting.Properties.MessageId, returned.BasicProperties.MessageId, StringComparison.Ordinal)
        && waiting.Body.Span.SequenceEqual(returned.Body.Span);
}

/// <summary>The broker does not have a message that was published; the message says why.</summary>
internal sealed class NotPublishedException(string message) : Exception(message);
