using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>
/// Publishes dead letters over a connection of its own, mandatory and with confirms, again and again until the broker
/// has them. Thread-safe: one publishes at a time.
/// </summary>
public sealed class DeadLetterPublisher(AmqpConnector connector, Topology topology, Backoff backoff, TimeProvider time, ILogger logger)
    : IDeadLetterPublisher, IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IConnection? _connection;
    private ConfirmedChannel? _channel;

    /// <summary>Why dead letters cannot be published at the moment, or null.</summary>
    public string? Failing { get; private set; }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await PublishUntilDoneAsync(letters, cancellationToken).ConfigureAwait(false);
            Failing = null;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async ValueTask PublishUntilDoneAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        // Each letter is published until it is confirmed, and not again because another was not.
        var left = new List<DeadLetter>(letters);
        for (int failures = 1; left.Count > 0; failures++)
        {
            try
            {
                ConfirmedChannel channel = await OpenAsync(cancellationToken).ConfigureAwait(false);
                while (left.Count > 0)
                {
                    await PublishSliceAsync(channel, left, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = backoff.After(failures);
                Failing = e.Message;
                IntakeLog.DeadLettersFailed(logger, left.Count, failures, wait, e.Message);
                await CloseAsync().ConfigureAwait(false);
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Publishes as many as may wait for their confirms, and takes those that are confirmed off the list.</summary>
    private async Task PublishSliceAsync(ConfirmedChannel channel, List<DeadLetter> left, CancellationToken cancellationToken)
    {
        var publishing = new List<Task>();
        try
        {
            foreach (DeadLetter letter in left.Take(connector.Settings.ConfirmWindow))
            {
                publishing.Add(await PublishAsync(channel, letter, cancellationToken).ConfigureAwait(false));
            }
        }
        finally
        {
            await Task.WhenAll(publishing).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (int i = publishing.Count - 1; i >= 0; i--)
            {
                if (publishing[i].IsCompletedSuccessfully)
                {
                    left.RemoveAt(i);
                }
            }
        }

        await Task.WhenAll(publishing).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<Task> PublishAsync(ConfirmedChannel channel, DeadLetter letter, CancellationToken cancellationToken)
    {
        BasicProperties properties = letter.ToPublish();
        if (properties.IsUserIdPresent() && !string.Equals(properties.UserId, connector.UserName, StringComparison.Ordinal))
        {
            // The broker refuses to publish in another user's name; the name goes on as a header.
            properties.Headers![DeliveryHeaders.UserId] = properties.UserId;
            properties.ClearUserId();
        }

        return channel.PublishAsync(Topology.DeadLetters, Topology.DeadLetters, properties, letter.Body, cancellationToken);
    }

    private async ValueTask<ConfirmedChannel> OpenAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true })
        {
            return _channel;
        }

        await CloseAsync().ConfigureAwait(false);
        _connection = await connector.ConnectAsync("dead letters", cancellationToken).ConfigureAwait(false);
        await topology.EnsureDeadLettersAsync(_connection, cancellationToken).ConfigureAwait(false);
        return _channel = await ConfirmedChannel.OpenAsync(_connection, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync()
    {
        if (_connection is not null)
        {
            await AmqpClosing.CloseAsync(_connection, logger).ConfigureAwait(false);
        }

        _channel = null;
        _connection = null;
    }
}
