using System.Threading.Channels;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Node;

/// <summary>
/// One node: takes the leases, recovers the shards, takes in events, and lets go of all of it in order, or at once
/// where somebody else took the shards over; then it stands by to take them again.
/// </summary>
public sealed class EngineNode
{
    private readonly EngineSettings _settings;
    private readonly NodeServices _services;
    private readonly ILogger _logger;
    private readonly CountingPlan _plan;
    private readonly TimeZoneInfo _zone;
    private readonly Backoff _backoff;
    private volatile ShardRegion? _region;
    private volatile AmqpIntake? _intake;
    private volatile ParkingLot? _parking;
    private volatile bool _isServing;

    /// <summary>Makes a node; <see cref="RunAsync"/> runs it.</summary>
    /// <exception cref="TimeZoneNotFoundException">The machine does not know the zone.</exception>
    public EngineNode(EngineSettings settings, NodeServices services)
    {
        _settings = settings;
        _services = services;
        _logger = services.Loggers.CreateLogger<EngineNode>();
        _plan = new CountingPlan(services.Catalog);
        _zone = TimeZoneInfo.FindSystemTimeZoneById(settings.TimeZone);
        _backoff = settings.Intake.Backoff;
    }

    /// <summary>Whether the shards are owned, recovered, and events are taken in.</summary>
    public bool IsServing => _isServing;

    /// <summary>The region while shards are owned, or null.</summary>
    public ShardRegion? Region => _region;

    /// <summary>The intake while events are taken in, or null.</summary>
    public AmqpIntake? Intake => _intake;

    /// <summary>Shows what is counted to whoever watches.</summary>
    public CountedBlocks Counted { get; } = new();

    /// <summary>How many deliveries are parked.</summary>
    public long Parked => _parking?.Count ?? 0;

    /// <summary>Pauses or resumes a stream: notes it in the store, so that it outlives this node, and does it.</summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="paused">Whether it is to be paused.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task SetPausedAsync(string stream, bool paused, CancellationToken cancellationToken)
    {
        await _services.Store.PausedStreams.SetAsync(stream, paused, cancellationToken).ConfigureAwait(false);
        _ = paused ? _intake?.Pause(stream) : _intake?.Resume(stream);
    }

    /// <summary>Runs until the token ends, and then stops in order: intake, drain, flush, checkpoint.</summary>
    /// <exception cref="StoreException">The store cannot be used as it is.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await RunUntilStoppedAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            NodeLog.StoppedEarly(_logger);
        }
    }

    private async Task RunUntilStoppedAsync(CancellationToken stop)
    {
        await RetryAsync(token => _services.Store.MigrateAsync(token), stop).ConfigureAwait(false);
        await RetryAsync(token => new ValueTask(FixedValues.FixAsync(_services.Store, _settings, token)), stop).ConfigureAwait(false);
        while (!stop.IsCancellationRequested)
        {
            IReadOnlyList<ShardLease> leases = await AcquireAsync(stop).ConfigureAwait(false);
            try
            {
                await ServeAsync(leases, stop).ConfigureAwait(false);
                return;
            }
            catch (StaleEpochException e)
            {
                NodeLog.LostLeases(_logger, e.Message);
            }
        }
    }

    /// <summary>
    /// Takes the shards as their owner, without taking in events, and runs a piece of work on them.
    /// </summary>
    /// <exception cref="StoreException">Another node owns the shards, or the store cannot be used as it is.</exception>
    public async Task RunOfflineAsync(Func<ShardRegion, Task> work, CancellationToken cancellationToken)
    {
        await _services.Store.MigrateAsync(cancellationToken).ConfigureAwait(false);
        await FixedValues.FixAsync(_services.Store, _settings, cancellationToken).ConfigureAwait(false);
        LeaseAttempt attempt = await _services.Store.Leases.AcquireAsync(_services.Info, AllShards(), _settings.LeaseTimeToLive, cancellationToken).ConfigureAwait(false);
        if (attempt.Granted.Count < _settings.Sharding.Shards)
        {
            await _services.Store.Leases.ReleaseAsync(_services.Info.Id, cancellationToken).ConfigureAwait(false);
            throw new StoreException($"Another node ({attempt.HeldBy?.Id ?? "unknown"}) owns the shards of {_services.Store.Name} and does not answer: stop it first.");
        }

        using var running = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await new Adoption(_services.Store, _services.Catalog, _logger).RunAsync(attempt.Granted, _settings.AdoptExistingRows, cancellationToken).ConfigureAwait(false);
            ShardRegion region = MakeRegion(attempt.Granted);
            Task shards = region.RunAsync(running.Token);
            Task renewing = RenewAsync(running.Token);
            await RecoveredAsync(region, shards, renewing).ConfigureAwait(false);
            Task working = work(region);
            await await Task.WhenAny(working, shards, renewing).ConfigureAwait(false);
            await working.ConfigureAwait(false);
            region.Stop();
            await shards.ConfigureAwait(false);
        }
        finally
        {
            await running.CancelAsync().ConfigureAwait(false);
            await _services.Store.Leases.ReleaseAsync(_services.Info.Id, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<ShardLease>> AcquireAsync(CancellationToken stop)
    {
        string? standingBy = null;
        while (true)
        {
            LeaseAttempt attempt = new([], HeldBy: null);
            await RetryAsync(
                async token => attempt = await _services.Store.Leases.AcquireAsync(_services.Info, AllShards(), _settings.LeaseTimeToLive, token).ConfigureAwait(false),
                stop).ConfigureAwait(false);
            if (attempt.Granted.Count == _settings.Sharding.Shards)
            {
                NodeLog.Owner(_logger, _services.Info.Id, attempt.Granted.Count, _services.Store.Name);
                return attempt.Granted;
            }

            if (attempt.Granted.Count > 0)
            {
                // One owner for now: a part is of no use, so it is given back.
                await RetryAsync(token => _services.Store.Leases.ReleaseAsync(_services.Info.Id, token), stop).ConfigureAwait(false);
            }

            string holder = attempt.HeldBy?.Id ?? "that has not said its name";
            if (!string.Equals(holder, standingBy, StringComparison.Ordinal))
            {
                NodeLog.StandingBy(_logger, holder, _services.Store.Name);
                standingBy = holder;
            }

            await Task.Delay(_settings.LeaseRenewInterval, _services.Time, stop).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(IReadOnlyList<ShardLease> leases, CancellationToken stop)
    {
        using var running = new CancellationTokenSource();
        try
        {
            await RetryAsync(
                token => new ValueTask(new Adoption(_services.Store, _services.Catalog, _logger).RunAsync(leases, _settings.AdoptExistingRows, token)),
                stop).ConfigureAwait(false);
            ShardRegion region = MakeRegion(leases);
            _region = region;
            Task shards = region.RunAsync(running.Token);
            Task renewing = RenewAsync(running.Token);
            try
            {
                await RecoveredAsync(region, shards, renewing, Task.Delay(Timeout.Infinite, stop)).ConfigureAwait(false);
                await TakeInAsync(region, shards, renewing, running, stop).ConfigureAwait(false);
            }
            finally
            {
                // Nothing of this ownership may write once another begins.
                await running.CancelAsync().ConfigureAwait(false);
                if (!Fault.Is(FaultPoint.ShardsNotAwaited))
                {
                    await Task.WhenAll(shards, renewing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        finally
        {
            _isServing = false;
            _intake = null;
            _region = null;
            await running.CancelAsync().ConfigureAwait(false);
            await TryReleaseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes in events until the node is stopped or something ends.</summary>
    private async Task TakeInAsync(ShardRegion region, Task shards, Task renewing, CancellationTokenSource running, CancellationToken stop)
    {
        var connector = new AmqpConnector(_settings.Amqp, _services.ConnectBroker);
        var topology = new Topology(connector, _logger);
        await using var deadLetters = new DeadLetterPublisher(connector, topology, _backoff, _services.Time, _logger);
        var parking = new ParkingLot(
            _services.Store.Parking,
            new ParkingLotOptions { MaxParked = _settings.Intake.MaxParked, Backoff = _backoff, Time = _services.Time },
            _logger);
        await parking.OpenAsync(stop).ConfigureAwait(false);
        _parking = parking;
        var intake = new AmqpIntake(connector, topology, _services.Catalog, OptionsOf(region, parking, deadLetters));
        await RetryAsync(
            async token =>
            {
                foreach (string stream in await _services.Store.PausedStreams.ListAsync(token).ConfigureAwait(false))
                {
                    intake.Pause(stream);
                }
            },
            stop).ConfigureAwait(false);
        _intake = intake;
        Task taking = intake.RunAsync(running.Token);
        try
        {
            _isServing = true;
            var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (stop.Register(() => stopping.TrySetResult()))
            {
                Task first = await Task.WhenAny(shards, renewing, taking, stopping.Task).ConfigureAwait(false);
                if (first == taking && taking.Exception?.InnerException is ChannelClosedException)
                {
                    // A shard that was taken over closes its mailbox a moment before the region says why.
                    first = shards;
                }

                await first.ConfigureAwait(false);
            }

            await StopInOrderAsync(region, intake, shards, running).ConfigureAwait(false);
        }
        finally
        {
            // What this ownership holds unacknowledged is delivered again only when its connection is closed, and what
            // its intake uses is let go of below: so all of it has ended before anything else.
            await running.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(shards, renewing, taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until the shards have recovered, or something else ends and says why.</summary>
    private static async Task RecoveredAsync(ShardRegion region, Task shards, params Task[] others)
    {
        Task recovered = region.Recovered;
        Task first = await Task.WhenAny([recovered, shards, .. others]).ConfigureAwait(false);

        // One shard that was taken over ends the others' recovery: only the region says which was the cause.
        await (first == recovered && !recovered.IsCompletedSuccessfully ? shards : first).ConfigureAwait(false);
    }

    private async Task StopInOrderAsync(ShardRegion region, AmqpIntake intake, Task shards, CancellationTokenSource running)
    {
        _isServing = false;
        NodeLog.Stopping(_logger);
        using var patience = new CancellationTokenSource(_settings.StopTimeout, _services.Time);
        try
        {
            await intake.StopTakingAsync().WaitAsync(patience.Token).ConfigureAwait(false);
            region.Stop();
            await shards.WaitAsync(patience.Token).ConfigureAwait(false);
            await intake.AcknowledgeAllAsync(patience.Token).ConfigureAwait(false);
            NodeLog.Stopped(_logger);
        }
        catch (OperationCanceledException)
        {
            NodeLog.StoppedEarly(_logger);
        }

        await running.CancelAsync().ConfigureAwait(false);
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_settings.LeaseRenewInterval, _services.Time, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<ShardLease> held;
            try
            {
                held = await _services.Store.Leases.RenewAsync(_services.Info.Id, _settings.LeaseTimeToLive, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // The clock does not decide: until an epoch turns out stale, the shards go on.
                NodeLog.RenewFailed(_logger, _settings.LeaseRenewInterval, e.Message);
                continue;
            }

            if (held.Count < _settings.Sharding.Shards)
            {
                throw new StaleEpochException(AllShards().Except(held.Select(lease => lease.Shard)).First(), 0);
            }
        }
    }

    private PipelineOptions OptionsOf(ShardRegion region, ParkingLot parking, IDeadLetterPublisher deadLetters) => new()
    {
        Settings = _settings.Intake,
        Zone = _zone,
        Lookup = _services.Lookup,
        QueriesOf = stream => [.. stream.Lookups.Select(step => QueryOf(stream, step))],
        Region = region,
        Parking = parking,
        DeadLetters = deadLetters,
        Metrics = _services.Metrics,
        Time = _services.Time,
        Logger = _logger,
    };

    private string QueryOf(StreamDefinition stream, LookupStep step) =>
        _settings.Amqp.Of(stream).Queries.TryGetValue(step.Name, out string? query) ? query : DefaultQueries.Of(step);

    private ShardRegion MakeRegion(IReadOnlyList<ShardLease> leases) => new(
        new ShardRegionOptions
        {
            Plan = _plan,
            Settings = _settings.Sharding,
            Store = _services.Store,
            Metrics = _services.Metrics,
            Counted = Counted,
            Time = _services.Time,
            Logger = _logger,
            Backoff = _backoff,
        },
        leases);

    private int[] AllShards() => [.. Enumerable.Range(0, _settings.Sharding.Shards)];

    private async ValueTask TryReleaseAsync()
    {
        try
        {
            await _services.Store.Leases.ReleaseAsync(_services.Info.Id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // What is not given back ends by itself when its time to live has passed.
            NodeLog.ReleaseFailed(_logger, e.Message);
        }
    }

    private async ValueTask RetryAsync(Func<CancellationToken, ValueTask> action, CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                await action(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is not (StoreException or StoredFormatException or StaleEpochException or OverflowException) && !cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = _backoff.After(failures);
                NodeLog.StoreAway(_logger, _services.Store.Name, failures, wait, e.Message);
                await Task.Delay(wait, _services.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
