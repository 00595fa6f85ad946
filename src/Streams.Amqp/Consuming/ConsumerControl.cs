namespace DataLoad.Streams.Amqp;

/// <summary>What operators want of a source and what is shown of it, through all its restarts.</summary>
internal sealed class ConsumerControl(int prefetch) : IAmqpConsumerControl
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<long> _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action? _changed;
    private ConsumerSession? _session;
    private string? _error = "not connected yet";
    private IAmqpConnection? _lowered;
    private int? _granted;
    private bool _isPaused;
    private bool _isStopping;
    private long _unacknowledged;

    public Task<long> Drained => _drained.Task;

    public bool IsPaused => Volatile.Read(ref _isPaused);
    public bool IsStopping => Volatile.Read(ref _isStopping);

    public AmqpConsumerStatus Status
    {
        get
        {
            lock (_lock)
            {
                string? error = _isPaused ? null : _error;
                return new AmqpConsumerStatus(_session is not null && !_isPaused, _isPaused, error, _granted ?? prefetch, _session?.Unacknowledged ?? 0);
            }
        }
    }

    public Task StopTaking()
    {
        Set(() => (_isPaused, _isStopping) = (false, true));
        return _stopped.Task;
    }

    public void Pause() => Set(() => _isPaused = !_isStopping);

    public void Resume() => Set(() =>
    {
        // Until it has tried there is nothing wrong: it was not consumed because nobody wanted it.
        _error = _isPaused && _session is null ? null : _error;
        _isPaused = false;
    });

    /// <summary>Says whom to call when something is wanted; null when the stage has ended.</summary>
    public void Attach(Action? changed)
    {
        lock (_lock)
        {
            _changed = changed;
        }
    }

    /// <summary>How many deliveries may be unacknowledged on a connection.</summary>
    public int GrantedOn(IAmqpConnection connection)
    {
        lock (_lock)
        {
            _granted = ReferenceEquals(connection, _lowered) ? _granted : null;
            return _granted ?? prefetch;
        }
    }

    public void Consuming(ConsumerSession session)
    {
        lock (_lock)
        {
            (_session, _error) = (session, null);
        }
    }

    /// <summary>Notes that nothing is consumed, and why; null where that was wanted.</summary>
    public void NotConsuming(string? error)
    {
        lock (_lock)
        {
            (_session, _error) = (null, error);
        }
    }

    /// <summary>Notes that the channel is gone. One that was lost for the bytes it held is granted half of what it held from now on.</summary>
    public void LetGo(ConsumerSession session, string? why)
    {
        lock (_lock)
        {
            _unacknowledged = session.TakenUnacknowledged;
            if (!session.Ring.HasRoom)
            {
                _granted = Math.Max(1, (int)(session.Ring.Written - session.Ring.Released) / 2);
                _lowered = session.Connection;
            }
        }

        NotConsuming(why);
    }

    public void Stopped() => _stopped.TrySetResult();

    /// <summary>Notes that the source has ended.</summary>
    public void Ended()
    {
        long unacknowledged;
        lock (_lock)
        {
            unacknowledged = _session?.TakenUnacknowledged ?? _unacknowledged;
        }

        _stopped.TrySetResult();
        _drained.TrySetResult(unacknowledged);
    }

    private void Set(Action set)
    {
        Action? changed;
        lock (_lock)
        {
            set();
            changed = _changed;
        }

        changed?.Invoke();
    }
}
