using DataLoad.Simulation.Scheduling;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Simulation.Broker;

/// <summary>A connection to the simulated broker, as the client library shows it.</summary>
internal sealed class SimConnection(SimBroker broker, NodeScheduler scheduler, string name) : IConnection
{
    private readonly List<SimChannel> _channels = [];

    public NodeScheduler Scheduler => scheduler;

    public SimBroker Broker => broker;

    public IReadOnlyList<SimChannel> Channels => _channels;

    public int Unacknowledged => _channels.Sum(channel => channel.Unacknowledged);

    public ShutdownEventArgs? CloseReason { get; private set; }

    public bool IsOpen => CloseReason is null;

    public string? ClientProvidedName => name;

    public ushort ChannelMax => 0;

    public IDictionary<string, object?> ClientProperties => new Dictionary<string, object?>(StringComparer.Ordinal);

    public AmqpTcpEndpoint Endpoint => new();

    public uint FrameMax => 0;

    public TimeSpan Heartbeat => TimeSpan.Zero;

    public IProtocol Protocol => throw new NotSupportedException();

    public IDictionary<string, object?>? ServerProperties => null;

    public IEnumerable<ShutdownReportEntry> ShutdownReport => [];

    public int LocalPort => 0;

    public int RemotePort => 0;

#pragma warning disable CS0067 // the engine listens to one of them
    public event AsyncEventHandler<CallbackExceptionEventArgs>? CallbackExceptionAsync;

    public event AsyncEventHandler<ShutdownEventArgs>? ConnectionShutdownAsync;

    public event AsyncEventHandler<AsyncEventArgs>? RecoverySucceededAsync;

    public event AsyncEventHandler<ConnectionRecoveryErrorEventArgs>? ConnectionRecoveryErrorAsync;

    public event AsyncEventHandler<ConsumerTagChangedAfterRecoveryEventArgs>? ConsumerTagChangeAfterRecoveryAsync;

    public event AsyncEventHandler<QueueNameChangedAfterRecoveryEventArgs>? QueueNameChangedAfterRecoveryAsync;

    public event AsyncEventHandler<RecoveringConsumerEventArgs>? RecoveringConsumerAsync;

    public event AsyncEventHandler<ConnectionBlockedEventArgs>? ConnectionBlockedAsync;

    public event AsyncEventHandler<AsyncEventArgs>? ConnectionUnblockedAsync;
#pragma warning restore CS0067

    public async Task<IChannel> CreateChannelAsync(CreateChannelOptions? options = null, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        await broker.PauseAsync(cancellationToken);
        RequireOpen();
        var channel = new SimChannel(this, options?.PublisherConfirmationsEnabled ?? false, _channels.Count + 1);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Ends the connection from outside: what is on the wire is lost, what is unacknowledged comes back.</summary>
    public void Cut(string reason)
    {
        if (!IsOpen)
        {
            return;
        }

        CloseReason = new ShutdownEventArgs(ShutdownInitiator.Library, 541, reason);
        broker.World.Log(scheduler.Name, $"connection '{name}' ended: {reason}");
        broker.Forget(this);
        broker.Requeue(_channels.SelectMany(channel => channel.TakeUnacknowledged()));
        foreach (SimChannel channel in _channels)
        {
            channel.End(CloseReason);
        }

        ShutdownEventArgs why = CloseReason;
        scheduler.Post(() => _ = ConnectionShutdownAsync?.Invoke(this, why));
    }

    public void Remove(SimChannel channel) => _channels.Remove(channel);

    public void RequireOpen()
    {
        if (CloseReason is { } reason)
        {
            throw new AlreadyClosedException(reason);
        }
    }

    public async Task CloseAsync(ushort reasonCode, string reasonText, TimeSpan timeout, bool abort, CancellationToken cancellationToken = default)
    {
        // What was sent before arrives before the close does.
        for (int i = 0; i < 2 && IsOpen; i++)
        {
            await broker.PauseAsync(cancellationToken);
        }

        Cut(reasonText);
    }

    public Task UpdateSecretAsync(string newSecret, string reason, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Dispose() => Cut("disposed");

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
