using DataLoad.Engine.Contract;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Scheduling;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>
/// Consumes one stream's queue: a channel with a bounded prefetch, a loop that takes what has arrived through the
/// pipeline, and a loop that acknowledges up to the watermark. A channel that is lost is opened again with growing
/// waits; its deliveries come back and its late completions mean nothing.
/// </summary>
internal sealed class StreamConsumer
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseStep = TimeSpan.FromMilliseconds(10);

    private readonly StreamDefinition _stream;
    private readonly PipelineOptions _options;
    private readonly Topology _topology;
    private readonly StreamPipeline _pipeline;
    private readonly int _prefetch;
    private readonly long _maxBytes;
    private int _granted;
    private readonly KeyValuePair<string, object?> _tag;
    private readonly List<Delivery> _batch = [];
    private readonly CancellationTokenSource _patience;
    private readonly StreamPause _pause;
    private volatile bool _stopping;
    private Signal? _arrived;
    private TaskCompletionSource? _quiet;
    private AckWindow? _window;
    private DeliveryRing? _ring;
    private ulong _acknowledged;
    private ulong _taken;
    private volatile string? _channelError = "not connected yet";

    public StreamConsumer(StreamDefinition stream, PipelineOptions options, Topology topology, StreamSettings settings, StreamPause pause, long maxBytes)
    {
        _pause = pause;
        _maxBytes = maxBytes;
        _stream = stream;
        _options = options;
        _topology = topology;
        _pipeline = new StreamPipeline(stream, options);
        _patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        _prefetch = _granted = settings.Prefetch ?? options.Settings.Prefetch;
        _tag = new(EngineMetrics.StreamTag, stream.Name);
    }

    public StreamDefinition Stream => _stream;

    /// <summary>Why the stream is not consumed or is paused, or null.</summary>
    public string? Failing => _pause.IsPaused ? null : _channelError ?? _pipeline.Failing;

    /// <summary>Whether an operator paused it.</summary>
    public bool IsPaused => _pause.IsPaused;

    /// <summary>How many deliveries may be unacknowledged; fewer than is set where their bodies took more than they may.</summary>
    public int Prefetch => _granted;

    /// <summary>How many deliveries are unacknowledged now.</summary>
    public long Unacknowledged => _ring is { } ring ? Math.Max(0, (long)(ring.Written - Volatile.Read(ref _acknowledged))) : 0;

    /// <summary>Consumes over a connection until it is lost or the token ends.</summary>
    /// <param name="consuming">What deliveries come over.</param>
    /// <param name="topology">What exchanges and queues are declared over.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(IConsumingConnection consuming, IConnection topology, CancellationToken cancellationToken)
    {
        _granted = _prefetch;
        for (int failures = 0; consuming.IsOpen && topology.IsOpen && !cancellationToken.IsCancellationRequested && !_stopping;)
        {
            await _pause.WhenResumedAsync(cancellationToken).ConfigureAwait(false);
            if (_stopping)
            {
                return;
            }

            long start = _options.Time.GetTimestamp();
            string error;
            try
            {
                error = await ConsumeAsync(consuming, topology, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                error = e.Message;
            }

            if (_stopping)
            {
                return;
            }

            if (_pause.IsPaused)
            {
                IntakeLog.Paused(_options.Logger, _stream.Name);
                continue;
            }

            _channelError = error;
            failures = _options.Time.GetElapsedTime(start) > _options.Settings.Backoff.Limit ? 1 : failures + 1;
            TimeSpan wait = _options.Settings.Backoff.After(failures);
            IntakeLog.ChannelLost(_options.Logger, _stream.Name, failures, wait, error);
            await Task.Delay(wait, _options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Says that nothing more is to be taken; done when the batch in hand has been handed on.</summary>
    public Task StopTakingAsync()
    {
        var quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _quiet = quiet;
        _stopping = true;
        _pause.Release();

        // A stream that waits, for a query that fails, would never be done: its deliveries come back after all.
        _patience.CancelAfter(StopPatience);
        if (_arrived is not { } arrived)
        {
            quiet.TrySetResult();
        }
        else
        {
            arrived.Set();
        }

        return quiet.Task;
    }

    /// <summary>Whether all that is done is acknowledged.</summary>
    public bool IsAcknowledged => _window is not { } window || window.Watermark <= Volatile.Read(ref _acknowledged);

    private async Task<string> ConsumeAsync(IConsumingConnection consuming, IConnection topology, CancellationToken cancellationToken)
    {
        _pipeline.BrokerDelays = await _topology.EnsureStreamAsync(topology, _stream, cancellationToken).ConfigureAwait(false);
        await using IConsumingChannel channel = await consuming.OpenChannelAsync(_granted, cancellationToken).ConfigureAwait(false);
        var arrived = new Signal();
        var moved = new Signal();
        var ring = new DeliveryRing(_stream, _granted, _options.Settings.MaxBatch, _maxBytes, arrived);
        var window = new AckWindow(_granted, moved);
        Volatile.Write(ref _acknowledged, 0);
        _window = window;
        _ring = ring;
        _arrived = arrived;
        _pause.Wakes(arrived);
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await channel.ConsumeAsync(_stream.Queue, ring, cancellationToken).ConfigureAwait(false);
        IntakeLog.Consuming(_options.Logger, _stream.Name, _stream.Queue);
        _channelError = null;
        Task taking = Task.Run(() => TakeAsync(ring, window, arrived, session.Token), CancellationToken.None);
        Task acking = Task.Run(() => AcknowledgeAsync(channel, window, moved, session.Token), CancellationToken.None);
        try
        {
            Task first = await Task.WhenAny(channel.Ended, taking, acking).ConfigureAwait(false);
            if (first == taking && _stopping)
            {
                await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _quiet?.TrySetResult();
                await channel.CancelAsync(cancellationToken).ConfigureAwait(false);

                // What was taken becomes durable meanwhile and is acknowledged until the whole intake is closed.
                first = await Task.WhenAny(channel.Ended, acking).ConfigureAwait(false);
            }

            if (first == taking && (_pause.IsPaused || taking.IsCompletedSuccessfully) && !_stopping)
            {
                await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return await LetGoAsync(channel, acking, window, cancellationToken).ConfigureAwait(false);
            }

            await first.ConfigureAwait(false);
            return channel.Ended.IsCompleted ? await channel.Ended.ConfigureAwait(false) : "the channel's loop ended";
        }
        finally
        {
            _channelError = "not connected";
            if (!ring.HasRoom)
            {
                // A stream that cannot get on would hold up the reading of the others again: no more than half of it from now on.
                _granted = Math.Max(1, ring.Count / 2);
            }

            _arrived = null;
            _ring = null;
            _window = null;
            await session.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(taking, acking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _quiet?.TrySetResult();
        }
    }

    /// <summary>
    /// Ends consuming for a pause: what was taken becomes durable and is acknowledged; the rest goes back to the queue
    /// when the channel is closed.
    /// </summary>
    private async Task<string> LetGoAsync(IConsumingChannel channel, Task acking, AckWindow window, CancellationToken cancellationToken)
    {
        await channel.CancelAsync(cancellationToken).ConfigureAwait(false);
        Task patience = Task.Delay(StopPatience, _options.Time, cancellationToken);
        while (!patience.IsCompleted && !acking.IsCompleted && !channel.Ended.IsCompleted && (window.Watermark < _taken || Volatile.Read(ref _acknowledged) < _taken))
        {
            await Task.WhenAny(patience, Task.Delay(PauseStep, _options.Time, cancellationToken)).ConfigureAwait(false);
        }

        return "paused";
    }

    private async Task TakeAsync(DeliveryRing ring, AckWindow window, Signal arrived, CancellationToken cancellationToken)
    {
        using var patient = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _patience.Token, _pause.Patience);
        _taken = 0;
        while (!_stopping && !_pause.IsPaused)
        {
            _batch.Clear();
            ring.Peek(_batch, _options.Settings.MaxBatch);
            if (_batch.Count == 0)
            {
                await arrived.WaitAsync(patient.Token).ConfigureAwait(false);
                continue;
            }

            _taken = _batch[^1].Tag;
            _options.Metrics.Deliveries.Add(_batch.Count, _tag);
            await _pipeline.ProcessAsync(_batch, window, patient.Token).ConfigureAwait(false);
            ring.Release(_batch.Count);
        }
    }

    private async Task AcknowledgeAsync(IConsumingChannel channel, AckWindow window, Signal moved, CancellationToken cancellationToken)
    {
        while (true)
        {
            await moved.WaitAsync(cancellationToken).ConfigureAwait(false);
            ulong watermark = window.Watermark;
            if (watermark > _acknowledged)
            {
                await channel.AcknowledgeAsync(watermark, cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _acknowledged, watermark);
            }
        }
    }
}
