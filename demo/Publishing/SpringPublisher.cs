using System.Globalization;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Demo;

/// <summary>
/// Publishes as a Spring AMQP service does: persistent, not mandatory, to a fanout exchange, with confirms.
/// One publisher is one connection with one channel; its calls take turns.
/// </summary>
public sealed class SpringPublisher : IAsyncDisposable
{
    // Enough to keep the broker busy; small enough that a broken connection leaves few in doubt.
    private const int WindowMessages = 4_000;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Uri _amqp;
    private IConnection? _connection;
    private IChannel? _channel;
    private ConfirmTracker _confirms = new();
    private ulong _published;
    private int _opened;

    private SpringPublisher(Uri amqp) => _amqp = amqp;

    /// <summary>How long to try again after a broken connection before giving up. Zero: fail at once.</summary>
    public TimeSpan ReconnectFor { get; init; }

    /// <summary>How many messages the broker has confirmed since this publisher was made.</summary>
    public long Confirmed { get; private set; }

    /// <summary>How often its connection was lost, so that what was not confirmed was sent once more.</summary>
    public int Losses => _opened - 1 + (_connection is { IsOpen: false } ? 1 : 0);

    /// <summary>Connects, and declares the exchanges, queues and bindings of all streams that are missing.</summary>
    /// <param name="amqp">An <c>amqp://</c> URL.</param>
    /// <param name="reconnectFor">
    /// How long to try again after a broken connection. What was not confirmed is then sent once more and may
    /// arrive twice: only for messages with an identity.
    /// </param>
    /// <param name="declare">Whether to declare what is missing.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="PublishFailedException">The broker cannot be reached.</exception>
    public static async Task<SpringPublisher> ConnectAsync(string amqp, TimeSpan reconnectFor = default, bool declare = true, CancellationToken cancel = default)
    {
        var publisher = new SpringPublisher(new Uri(amqp)) { ReconnectFor = reconnectFor };
        try
        {
            await publisher.OpenAsync(cancel);
            if (declare)
            {
                await Topology.DeclareAsync(publisher._connection!, cancel);
            }

            return publisher;
        }
        catch (Exception broken)
        {
            await publisher.DisposeAsync();
            if (IsBroken(broken))
            {
                throw new PublishFailedException($"RabbitMQ at {Shown(publisher._amqp)} cannot be reached: {broken.Message}. Start it, or name another one.",
                    broken);
            }

            throw;
        }
    }

    /// <summary>Publishes the messages in order and returns when the broker has confirmed every one.</summary>
    /// <exception cref="PublishFailedException">The broker refused one, or could not be reached again in time.</exception>
    public async Task PublishAsync(IReadOnlyList<WireMessage> messages, CancellationToken cancel = default)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var next = 0;
            long? givingUpAt = null;
            while (next < messages.Count)
            {
                var window = Math.Min(WindowMessages, messages.Count - next);
                var first = _published + 1;
                try
                {
                    await OpenAsync(cancel);
                    first = _published + 1;
                    for (var i = next; i < next + window; i++)
                    {
                        _published++;
                        await _channel!.BasicPublishAsync(messages[i].Stream.Exchange, string.Empty, mandatory: false, Properties(messages[i]),
                            messages[i].Body, cancel);
                    }

                    await _confirms.ConfirmedAsync(_published).WaitAsync(cancel);
                    next += window;
                    Confirmed += window;
                    givingUpAt = null;
                }
                catch (Exception broken) when (IsBroken(broken))
                {
                    // In order: what was confirmed from the window's beginning on need not be sent again.
                    var done = 0;
                    while (done < window && first + (ulong)done <= _published && _confirms.IsConfirmed(first + (ulong)done))
                    {
                        done++;
                    }

                    next += done;
                    Confirmed += done;
                    givingUpAt ??= Environment.TickCount64 + (long)ReconnectFor.TotalMilliseconds;
                    if (Environment.TickCount64 >= givingUpAt)
                    {
                        throw new PublishFailedException(
                            FormattableString.Invariant($"publishing to {Shown(_amqp)} failed after {Confirmed} confirmed messages: {broken.Message}"), broken);
                    }

                    await CloseAsync();
                    await Task.Delay(200, cancel);
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _turn.Dispose();
    }

    internal static bool IsBroken(Exception failure) =>
        failure is AlreadyClosedException or OperationInterruptedException or BrokerUnreachableException or PublishFailedException
            or IOException or System.Net.Sockets.SocketException or TimeoutException or ObjectDisposedException
        || (failure is OperationCanceledException && failure.InnerException is not null);

    private static string Shown(Uri amqp) => string.Create(CultureInfo.InvariantCulture, $"{amqp.Host}:{amqp.Port}");

    private static BasicProperties Properties(WireMessage message)
    {
        var properties = new BasicProperties { DeliveryMode = DeliveryModes.Persistent };
        if (message.ContentType is not null)
        {
            properties.ContentType = message.ContentType;
        }

        if (message.ContentEncoding is not null)
        {
            properties.ContentEncoding = message.ContentEncoding;
        }

        if (message.MessageId is not null)
        {
            properties.MessageId = message.MessageId;
        }

        if (message.TimestampSeconds is { } seconds)
        {
            properties.Timestamp = new AmqpTimestamp(seconds);
        }

        if (message.Priority is { } priority)
        {
            properties.Priority = priority;
        }

        if (message.Headers is { Count: > 0 } headers)
        {
            properties.Headers = new Dictionary<string, object?>(headers, StringComparer.Ordinal);
        }

        return properties;
    }

    private async Task OpenAsync(CancellationToken cancel)
    {
        if (_channel is { IsOpen: true } && _connection is { IsOpen: true })
        {
            return;
        }

        await CloseAsync();
        var factory = new ConnectionFactory
        {
            Uri = _amqp,
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = "dataload-demo publisher",
        };
        _connection = await factory.CreateConnectionAsync(cancel);
        _channel = await _connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancel);
        _published = 0;
        _opened++;
        var confirms = _confirms = new ConfirmTracker();
        _channel.BasicAcksAsync += (_, ack) =>
        {
            confirms.Confirm(ack.DeliveryTag, ack.Multiple);
            return Task.CompletedTask;
        };
        _channel.BasicNacksAsync += (_, nack) =>
        {
            confirms.Fail(new PublishFailedException(
                FormattableString.Invariant($"the broker refused message {nack.DeliveryTag} (basic.nack): a queue is full or broken")));
            return Task.CompletedTask;
        };
        _channel.ChannelShutdownAsync += (_, why) =>
        {
            confirms.Fail(new PublishFailedException($"the broker closed the channel: {why.ReplyText}"));
            return Task.CompletedTask;
        };
    }

    private async Task CloseAsync()
    {
        var channel = _channel;
        var connection = _connection;
        _channel = null;
        _connection = null;
        try
        {
            if (channel is not null)
            {
                await channel.DisposeAsync();
            }

            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
        catch (Exception broken) when (IsBroken(broken) || broken is OperationCanceledException)
        {
            // What is being closed was broken already; there is nothing left to save in it.
            _confirms.Fail(broken);
        }
    }
}
