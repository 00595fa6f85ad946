using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Intake;

/// <summary>
/// Whether an operator paused a stream, shared by its consumer and its parked returns. A pause ends for good when the
/// intake stops, so that nobody waits for it then. Thread-safe.
/// </summary>
internal sealed class StreamPause(TimeProvider time)
{
    /// <summary>How long the batch in hand may take before it is given back: one that waits for a failing query would take forever.</summary>
    private static readonly TimeSpan BatchPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private TaskCompletionSource? _resumed;
    private CancellationTokenSource _patience = new(Timeout.InfiniteTimeSpan, time);
    private volatile Signal? _wakes;
    private bool _released;

    public bool IsPaused => Volatile.Read(ref _resumed) is not null;

    /// <summary>Ends, some time after the pause began, what is in hand.</summary>
    public CancellationToken Patience
    {
        get
        {
            lock (_lock)
            {
                return _patience.Token;
            }
        }
    }

    /// <summary>Says which signal to set when the pause begins.</summary>
    public void Wakes(Signal signal) => _wakes = signal;

    public void Pause()
    {
        lock (_lock)
        {
            if (_resumed is not null || _released)
            {
                return;
            }

            Volatile.Write(ref _resumed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            _patience.CancelAfter(BatchPatience);
        }

        _wakes?.Set();
    }

    public void Resume()
    {
        TaskCompletionSource? resumed;
        lock (_lock)
        {
            resumed = _resumed;
            Volatile.Write(ref _resumed, null);
            _patience = resumed is null ? _patience : new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        }

        resumed?.TrySetResult();
    }

    /// <summary>Ends the pause, and lets none begin any more.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _released = true;
        }

        Resume();
    }

    public async ValueTask WhenResumedAsync(CancellationToken cancellationToken)
    {
        Task? resumed;
        lock (_lock)
        {
            resumed = _resumed?.Task;
        }

        if (resumed is not null)
        {
            await resumed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
