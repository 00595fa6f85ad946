using System.Collections.Concurrent;
using DataLoad.Engine.Contract;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>
/// Consumes all streams over one connection, declares their queues and asks for their length over another (the same one
/// where the client library consumes), and takes up their parked deliveries. When one is lost, both are made anew with
/// growing waits, for as long as it takes.
/// </summary>
public sealed class AmqpIntake
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ChannelPatience = TimeSpan.FromSeconds(1);

    private readonly AmqpConnector _connector;
    private readonly Topology _topology;
    private readonly PipelineOptions _options;
    private readonly ILogger _logger;
    private readonly StreamConsumer[] _consumers;
    private readonly ParkedReturns[] _returns;
    private readonly Dictionary<string, StreamPause> _pauses;
    private readonly ConcurrentDictionary<string, long> _lag = new(StringComparer.Ordinal);
    private volatile string? _connectionError = "not connected yet";
    private Task[] _parked = [];
    private volatile bool _stopping;
    private long _deadLetters = -1;

    /// <summary>Makes an intake; <see cref="RunAsync"/> runs it.</summary>
    public AmqpIntake(AmqpConnector connector, Topology topology, Catalog catalog, PipelineOptions options)
    {
        _connector = connector;
        _topology = topology;
        _options = options;
        _logger = options.Logger;
        StreamDefinition[] streams = [.. catalog.Streams.Where(stream => connector.Settings.Of(stream).Enabled)];
        _pauses = streams.ToDictionary(stream => stream.Name, _ => new StreamPause(options.Time), StringComparer.Ordinal);
        _consumers = [.. streams.Select(stream => new StreamConsumer(stream, options, topology, connector.Settings.Of(stream), _pauses[stream.Name]))];
        _returns = [.. streams.Select(stream => new ParkedReturns(stream, options, _pauses[stream.Name]))];
    }

    /// <summary>Whether the broker is connected.</summary>
    public bool IsConnected => _connectionError is null;

    /// <summary>Why the broker is not connected, or null.</summary>
    public string? ConnectionError => _connectionError;

    /// <summary>How many messages wait in each stream's queue, as of the last look.</summary>
    public IReadOnlyDictionary<string, long> Lag => _lag;

    /// <summary>How many dead letters wait in their queue, as of the last look; null before it.</summary>
    public long? DeadLetters => _deadLetters < 0 ? null : _deadLetters;

    /// <summary>What each stream's consumer says of itself.</summary>
    public IEnumerable<StreamStatus> Streams => _consumers.Select(consumer => new StreamStatus(
        consumer.Stream.Name, consumer.IsPaused, consumer.Failing, consumer.Prefetch, consumer.Unacknowledged));

    /// <summary>Stops consuming a stream and taking up its parked deliveries, until it is resumed.</summary>
    /// <returns>False where the stream is not consumed here.</returns>
    public bool Pause(string stream)
    {
        bool known = _pauses.TryGetValue(stream, out StreamPause? pause);
        pause?.Pause();
        return known;
    }

    /// <summary>Goes on with a paused stream.</summary>
    /// <returns>False where the stream is not consumed here.</returns>
    public bool Resume(string stream)
    {
        bool known = _pauses.TryGetValue(stream, out StreamPause? pause);
        pause?.Resume();
        return known;
    }

    /// <summary>The streams that are not consumed, or wait for a query that fails, and why.</summary>
    public IEnumerable<KeyValuePair<string, string>> Failing =>
        _consumers.Select(consumer => KeyValuePair.Create(consumer.Stream.Name, consumer.Failing))
            .Concat(_returns.Select(returns => KeyValuePair.Create($"{returns.Stream.Name} (parked)", returns.Failing)))
            .Where(failing => failing.Value is not null)!;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] parked = _parked = [.. _returns.Select(returns => Task.Run(() => returns.RunAsync(ending.Token), CancellationToken.None))];
        Task broker = Task.Run(() => RunBrokerAsync(ending.Token), CancellationToken.None);

        // A loop that ends by a fault which no retry mends must end the node, not vanish.
        List<Task> running = [broker, .. parked];
        try
        {
            while (running.Count > 0)
            {
                Task done = await Task.WhenAny(running).ConfigureAwait(false);
                await done.ConfigureAwait(false);
                running.Remove(done);
            }
        }
        finally
        {
            // No loop outlives this call: its caller lets go of what they use.
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Stops taking deliveries; done when what is in hand has been handed on. Acknowledging goes on.</summary>
    public async Task StopTakingAsync()
    {
        _stopping = true;
        foreach (ParkedReturns returns in _returns)
        {
            returns.Stop();
        }

        foreach (StreamPause pause in _pauses.Values)
        {
            pause.Release();
        }

        // What is parked is durable already, so it is not waited for long.
        Task parked = Task.WhenAny(Task.WhenAll(_parked), Task.Delay(StopPatience, _options.Time));
        await Task.WhenAll([parked, .. _consumers.Select(consumer => consumer.StopTakingAsync())]).ConfigureAwait(false);
    }

    /// <summary>Waits until all that is durable is acknowledged, or the token ends.</summary>
    public async Task AcknowledgeAllAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && _connectionError is null && !_consumers.All(consumer => consumer.IsAcknowledged))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), _options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunBrokerAsync(CancellationToken cancellationToken)
    {
        for (int failures = 0; !_stopping; failures++)
        {
            try
            {
                await RunConnectionAsync(() => failures = 0, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                _connectionError = e.InnerException is null ? e.Message : $"{e.Message} ({e.InnerException.Message})";
            }

            if (_stopping)
            {
                return;
            }

            TimeSpan wait = _options.Settings.Backoff.After(failures + 1);
            IntakeLog.ConnectFailed(_logger, _connector.Settings.SafeName, failures + 1, wait, _connectionError ?? "the connection was lost");
            await Task.Delay(wait, _options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunConnectionAsync(Action connected, CancellationToken cancellationToken)
    {
        IConnection connection = await _connector.ConnectAsync(_connector.ConsumesDirectly ? "topology" : "intake", cancellationToken).ConfigureAwait(false);
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            lost.TrySetResult(reason.ReplyText);
            return Task.CompletedTask;
        };
        Task[] loops = [];
        IConsumingConnection? consuming = null;
        try
        {
            consuming = await _connector.ConsumeAsync("intake", connection, _options.Time, cancellationToken).ConfigureAwait(false);
            await EnsureDeadLettersAsync(connection, cancellationToken).ConfigureAwait(false);
            loops =
            [
                .. _consumers.Select(consumer => Task.Run(() => consumer.RunAsync(consuming, connection, session.Token), CancellationToken.None)),
                Task.Run(() => WatchLagAsync(connection, session.Token), CancellationToken.None),
            ];
            _options.Metrics.BrokerConnections.Add(1);
            IntakeLog.Connected(_logger, _connector.Settings.SafeName);
            _connectionError = null;
            connected();
            Task<string> first = await Task.WhenAny(lost.Task, consuming.Ended).WaitAsync(cancellationToken).ConfigureAwait(false);
            _connectionError = await first.ConfigureAwait(false);
        }
        finally
        {
            _connectionError ??= "the connection was closed";
            await session.CancelAsync().ConfigureAwait(false);

            // Closing a channel waits for the broker's word, and closing the connection ends that waiting.
            Task ended = Task.WhenAll(loops);
            await Task.WhenAny(ended, Task.Delay(ChannelPatience, _options.Time, CancellationToken.None)).ConfigureAwait(false);
            if (consuming is not null)
            {
                await consuming.DisposeAsync().ConfigureAwait(false);
            }

            await AmqpClosing.CloseAsync(connection, _logger).ConfigureAwait(false);
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Makes sure of the dead letters' queue before the first is published, so that it can be watched from the start.
    /// A broker that refuses is asked again when there is one.
    /// </summary>
    private async Task EnsureDeadLettersAsync(IConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await _topology.EnsureDeadLettersAsync(connection, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (connection.IsOpen && !cancellationToken.IsCancellationRequested)
        {
            IntakeLog.NoDeadLetters(_logger, e.Message);
        }
    }

    private async Task WatchLagAsync(IConnection connection, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_connector.Settings.LagInterval, _options.Time);
        do
        {
            IChannel? channel = null;
            foreach ((string? stream, string queue) in _consumers.Select(consumer => ((string?)consumer.Stream.Name, consumer.Stream.Queue)).Append((null, Topology.DeadLetters)))
            {
                try
                {
                    channel = channel is { IsOpen: true } ? channel : await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                    long count = await channel.MessageCountAsync(queue, cancellationToken).ConfigureAwait(false);
                    if (stream is null)
                    {
                        _deadLetters = count;
                    }
                    else
                    {
                        _lag[stream] = count;
                    }
                }
                catch (Exception e) when (connection.IsOpen && !cancellationToken.IsCancellationRequested)
                {
                    // A queue that is not there yet closes the channel; its stream's own loop declares it.
                    IntakeLog.LagUnknown(_logger, e.Message);
                }
            }

            if (channel is not null)
            {
                await channel.DisposeAsync().ConfigureAwait(false);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }
}
