namespace DataLoad.Demo;

/// <summary>
/// Follows a channel's publisher confirms. The client's own tracking would add a header to each message,
/// which no Spring publisher does; a broker may confirm one by one, in any order, or all up to a number.
/// </summary>
internal sealed class ConfirmTracker
{
    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _ahead = [];
    private readonly List<(ulong Upto, TaskCompletionSource Done)> _waiters = [];
    private ulong _confirmedUpto;
    private Exception? _failure;

    public void Confirm(ulong tag, bool multiple)
    {
        lock (_gate)
        {
            if (multiple)
            {
                _confirmedUpto = Math.Max(_confirmedUpto, tag);
                _ahead.RemoveWhere(single => single <= _confirmedUpto);
            }
            else
            {
                _ahead.Add(tag);
            }

            while (_ahead.Remove(_confirmedUpto + 1))
            {
                _confirmedUpto++;
            }

            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Upto <= _confirmedUpto)
                {
                    _waiters[i].Done.TrySetResult();
                    _waiters.RemoveAt(i);
                }
            }
        }
    }

    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
            foreach (var (_, done) in _waiters)
            {
                done.TrySetException(_failure);
            }

            _waiters.Clear();
        }
    }

    /// <summary>Ends when all up to this number are confirmed; fails with the channel.</summary>
    public Task ConfirmedAsync(ulong upto)
    {
        lock (_gate)
        {
            if (_confirmedUpto >= upto)
            {
                return Task.CompletedTask;
            }

            if (_failure is not null)
            {
                return Task.FromException(_failure);
            }

            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((upto, done));
            return done.Task;
        }
    }

    /// <summary>Whether the broker has confirmed this number.</summary>
    public bool IsConfirmed(ulong tag)
    {
        lock (_gate)
        {
            return tag <= _confirmedUpto || _ahead.Contains(tag);
        }
    }
}
