using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using Akka.Event;

namespace DataLoad.Engine.Nodes;

/// <summary>Akka's lease, kept in the store: of two sides that cannot see each other, the one that gets it goes on, and the other one downs itself.</summary>
/// <remarks>Named by <c>akka.coordination.lease</c>, made by Akka, and given its store by a <see cref="StoreLeaseSetup"/>. It is renewed until it is
/// released, lost, or the actor system ends.</remarks>
public sealed class StoreLease : Lease
{
    private readonly StoreLeaseSetup _setup;
    private readonly ExtendedActorSystem _system;
    private readonly TimeSpan _timeToLive;
    private readonly Lock _lock = new();
    private ICancelable? _renewing;
    private Action<Exception?>? _lost;
    private long? _heldAt;

    /// <summary>Makes a lease, which is not held yet.</summary>
    /// <param name="settings">Its name and times.</param>
    /// <param name="system">The actor system, made with a <see cref="StoreLeaseSetup"/>.</param>
    /// <exception cref="InvalidOperationException">The actor system was made without one.</exception>
    public StoreLease(LeaseSettings settings, ExtendedActorSystem system)
        : base(settings)
    {
        _system = system;
        _timeToLive = settings.TimeoutSettings.HeartbeatTimeout;
        _setup = system.Settings.Setup.Get<StoreLeaseSetup>() is { HasValue: true } setup ? setup.Value
            : throw new InvalidOperationException($"The actor system was made without a {nameof(StoreLeaseSetup)}, which says where leases are kept.");
    }

    /// <inheritdoc/>
    public override bool CheckLease()
    {
        lock (_lock)
        {
            return _heldAt is { } since && _setup.Time.GetElapsedTime(since) < _timeToLive;
        }
    }

    /// <inheritdoc/>
    public override Task<bool> Acquire() => Acquire(_ => { });

    /// <inheritdoc/>
    public override async Task<bool> Acquire(Action<Exception?> leaseLostCallback)
    {
        if (!await AskAsync())
        {
            return false;
        }

        lock (_lock)
        {
            _lost = leaseLostCallback;
            _renewing ??= _system.Scheduler.Advanced.ScheduleRepeatedlyCancelable(
                Settings.TimeoutSettings.HeartbeatInterval, Settings.TimeoutSettings.HeartbeatInterval, () => _ = RenewAsync());
        }

        return true;
    }

    /// <inheritdoc/>
    public override async Task<bool> Release()
    {
        LetGo();
        using var patience = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, _setup.Time);
        await _setup.Nodes.ReleaseLeaseAsync(Settings.LeaseName, _setup.NodeId, patience.Token);
        return true;
    }

    private async Task<bool> AskAsync()
    {
        // The time counts from before the question: the store's begins later.
        long now = _setup.Time.GetTimestamp();
        using var patience = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, _setup.Time);
        if (!await _setup.Nodes.AcquireLeaseAsync(Settings.LeaseName, _setup.NodeId, _timeToLive, patience.Token))
        {
            return false;
        }

        lock (_lock)
        {
            _heldAt = now;
        }

        return true;
    }

    private async Task RenewAsync()
    {
        Exception? error = null;
        try
        {
            if (await AskAsync())
            {
                return;
            }
        }
        catch (Exception e)
        {
            error = e;
            _system.Log.Warning("Lease {0} could not be renewed: {1}", Settings.LeaseName, e.Message);
            if (CheckLease())
            {
                return;
            }
        }

        LetGo()?.Invoke(error);
    }

    private Action<Exception?>? LetGo()
    {
        lock (_lock)
        {
            _renewing?.Cancel();
            _renewing = null;
            _heldAt = null;
            return _lost;
        }
    }
}

/// <summary>Where an actor system's leases are kept.</summary>
/// <param name="nodes">The store of nodes and leases.</param>
/// <param name="nodeId">Who holds what is taken.</param>
/// <param name="time">The clock.</param>
public sealed class StoreLeaseSetup(INodeStore nodes, string nodeId, TimeProvider time) : Setup
{
    /// <summary>The store of nodes and leases.</summary>
    public INodeStore Nodes => nodes;

    /// <summary>Who holds what is taken.</summary>
    public string NodeId => nodeId;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;
}
