using DataLoad.Streams.Amqp.Wire;

namespace DataLoad.Streams.Amqp;

/// <summary>The connections to one broker: one for each <see cref="AmqpConnectionRole"/>, shared by all that want it, made when it is first wanted and made
/// anew, with the next host of the list, when it is wanted after it was lost. Thread-safe. Disposing of it closes them.</summary>
public sealed class AmqpConnections : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Lane[] _lanes;
    private long _incarnations;

    /// <summary>Connects nothing yet; then over sockets where no connector is given, and by the system's clock where no other is.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public AmqpConnections(AmqpConnectionSettings settings, TimeProvider? time = null, IAmqpConnector? connector = null)
    {
        settings.Validate();
        Settings = settings;
        Time = time ?? TimeProvider.System;
        connector ??= new WireConnector(settings, Time);
        _lanes = [.. Enum.GetValues<AmqpConnectionRole>().Select(role => new Lane(this, connector, role))];
    }

    /// <summary>Where the broker is.</summary>
    public AmqpConnectionSettings Settings { get; }

    internal TimeProvider Time { get; }

    /// <summary>What the connection of a role is like.</summary>
    public AmqpConnectionState StateOf(AmqpConnectionRole role) => _lanes[(int)role].State;

    /// <summary>The shared connection of a role; it is connected now where it is not.</summary>
    /// <exception cref="IOException">No host can be reached; the message names each and why, and an <see cref="AmqpException"/> has the code by which all
    /// refuse.</exception>
    /// <exception cref="ObjectDisposedException">The connections were closed.</exception>
    public Task<IAmqpConnection> GetAsync(AmqpConnectionRole role, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
        return _lanes[(int)role].GetAsync(cancellationToken);
    }

    /// <summary>A number that no other channel of this object has.</summary>
    internal long NextIncarnation() => Interlocked.Increment(ref _incarnations);

    /// <summary>Whether a loss is yet to be reported: all that used a connection lose it at once, and fail again and again until there is another. What
    /// befalls a channel of a connection that is there is always news.</summary>
    internal bool IsNews(AmqpConnectionRole role, AmqpException loss) => _lanes[(int)role].IsNews(loss);

    /// <summary>The host that a connection is made to, for people.</summary>
    internal string HostOf(AmqpConnectionRole role, IAmqpConnection connection) => _lanes[(int)role].HostOf(connection);

    /// <summary>Closes all connections, after what was sent before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        await _ending.CancelAsync();
        await Task.WhenAll(_lanes.Select(lane => lane.CloseAsync()));
        _ending.Dispose();
    }

    private sealed class Lane(AmqpConnections owner, IAmqpConnector connector, AmqpConnectionRole role)
    {
        private readonly Lock _lock = new();
        private Task<IAmqpConnection>? _connecting;
        private IAmqpConnection? _connection;
        private AmqpEndpoint? _endpoint;
        private string? _error;
        private IAmqpConnection? _reportedLoss;
        private bool _isAbsenceReported;
        private long _dialled;
        private int _shortLived;
        private int _next;

        public AmqpConnectionState State
        {
            get
            {
                lock (_lock)
                {
                    return new AmqpConnectionState(_endpoint, _error, _connection?.Blocked);
                }
            }
        }

        public Task<IAmqpConnection> GetAsync(CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                if (_connecting is { IsCompleted: true } && _connection is null or { Ended.IsCompleted: true })
                {
                    // Many ask at once when a connection is lost, and each asks again and again.
                    if (owner.Time.GetElapsedTime(_dialled) < RedialInterval)
                    {
                        return Task.FromException<IAmqpConnection>(new AmqpException(_error ?? "The connection to the broker was lost a moment ago."));
                    }

                    _connecting = null;
                }

                if (_connecting is null)
                {
                    _dialled = owner.Time.GetTimestamp();
                    _connecting = ConnectAsync(owner._ending.Token);
                }

                return _connecting.WaitAsync(cancellationToken);
            }
        }

        private TimeSpan RedialInterval
        {
            get
            {
                AmqpConnectionSettings settings = owner.Settings;
                double ticks = settings.RedialInterval.Ticks * Math.Pow(2, Math.Max(0, _shortLived - 1));
                return TimeSpan.FromTicks((long)Math.Min(settings.LongestRedialInterval.Ticks, ticks));
            }
        }

        public bool IsNews(AmqpException loss)
        {
            lock (_lock)
            {
                bool isReported = loss.Connection is { } lost ? ReferenceEquals(lost, _reportedLoss) : _connection is null && _isAbsenceReported;
                _reportedLoss = loss.Connection ?? _reportedLoss;
                _isAbsenceReported |= _connection is null || ReferenceEquals(_connection, loss.Connection);
                return !isReported;
            }
        }

        public string HostOf(IAmqpConnection connection)
        {
            lock (_lock)
            {
                return ReferenceEquals(connection, _connection) && _endpoint is { } endpoint ? endpoint.ToString() : owner.Settings.SafeName;
            }
        }

        public async Task CloseAsync()
        {
            Task<IAmqpConnection>? connecting;
            lock (_lock)
            {
                connecting = _connecting;
            }

            await (connecting?.DisposeResultAsync() ?? Task.CompletedTask);
        }

        private async Task<IAmqpConnection> ConnectAsync(CancellationToken cancellationToken)
        {
            var errors = new List<Exception>();
            IReadOnlyList<AmqpEndpoint> endpoints = owner.Settings.Endpoints;
            for (int i = 0; i < endpoints.Count; i++)
            {
                AmqpEndpoint endpoint = endpoints[(_next + i) % endpoints.Count];
                try
                {
                    IAmqpConnection connection = await connector.ConnectAsync(endpoint, role, cancellationToken);
                    Connected(connection, endpoint, _next + i);
                    return connection;
                }
                catch (Exception e) when (e is IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
                {
                    errors.Add(e);
                }
            }

            string error = string.Join(" ", errors.Select(e => e.Message));
            int[] codes = [.. errors.Select(e => (e as AmqpException)?.Code ?? 0).Distinct()];
            lock (_lock)
            {
                _error = error;
                _next = (_next + 1) % endpoints.Count;
            }

            throw new AmqpException(error, codes is [int code] ? code : 0);
        }

        private void Connected(IAmqpConnection connection, AmqpEndpoint endpoint, int place)
        {
            long connected = owner.Time.GetTimestamp();
            lock (_lock)
            {
                (_connection, _endpoint, _error) = (connection, endpoint, null);
                _isAbsenceReported = false;
            }

            connection.Ended.OnEnd(ended =>
            {
                bool wasStable = owner.Time.GetElapsedTime(connected) >= owner.Settings.StableAfter;
                lock (_lock)
                {
                    _shortLived = wasStable ? 0 : _shortLived + 1;
                    (_connection, _endpoint) = (null, null);
                    _error = $"The broker at {endpoint} is not connected: {ended.Result.Reason}.";
                    _next = (place + 1) % owner.Settings.Endpoints.Count;
                }
            });
        }
    }
}

/// <summary>What a shared connection is like at the moment.</summary>
/// <param name="Endpoint">The host that it is connected to, or null.</param>
/// <param name="Error">Why it is not connected, or null; null too before anybody wanted it.</param>
/// <param name="Blocked">Why the broker takes no publishing, or null.</param>
public sealed record AmqpConnectionState(AmqpEndpoint? Endpoint, string? Error, string? Blocked)
{
    /// <summary>Whether it is connected.</summary>
    public bool IsConnected => Endpoint is not null;
}
