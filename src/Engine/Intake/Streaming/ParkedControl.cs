namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Pauses and stops a <see cref="ParkedSource"/> from outside. Thread-safe.</summary>
internal sealed class ParkedControl
{
    private readonly Lock _lock = new();
    private Action? _changed;
    private volatile bool _isPaused;
    private volatile bool _isStopped;

    public bool IsPaused => _isPaused;

    public bool IsStopped => _isStopped;

    /// <summary>Takes no more up until it is resumed; a batch that is out goes on.</summary>
    public void Pause() => Set(() => _isPaused = true);

    public void Resume() => Set(() => _isPaused = false);

    /// <summary>Takes no more up; the source completes when the batch that is out is done.</summary>
    public void Stop() => Set(() => _isStopped = true);

    /// <summary>Says whom to call when something is wanted; null when the stage has ended.</summary>
    public void Attach(Action? changed)
    {
        lock (_lock)
        {
            _changed = changed;
        }
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
