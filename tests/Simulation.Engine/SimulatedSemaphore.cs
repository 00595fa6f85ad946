namespace DataLoad.Engine;

/// <summary>A semaphore whose waiters come back to the scheduler that awaited: the framework's resumes on the thread pool.</summary>
internal sealed class SimulatedSemaphore(int initialCount, int maxCount) : IDisposable
{
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int _count = initialCount;

    /// <summary>Waits for a turn.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_count > 0)
        {
            _count--;
            return;
        }

        var turn = new TaskCompletionSource();
        LinkedListNode<TaskCompletionSource> place = _waiting.AddLast(turn);
        try
        {
            await turn.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (turn.Task.IsCompletedSuccessfully)
            {
                // The turn came together with the end of the wait: it is the next one's.
                Release();
            }
            else
            {
                _waiting.Remove(place);
            }

            throw;
        }
    }

    /// <summary>Waits for a turn, for as long as it takes: nothing that is simulated gives up on one.</summary>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        await WaitAsync(cancellationToken);
        return true;
    }

    /// <summary>Gives the turn to the next.</summary>
    public void Release()
    {
        if (_waiting.First is { } next)
        {
            _waiting.RemoveFirst();
            next.Value.TrySetResult();
        }
        else if (++_count > maxCount)
        {
            throw new SemaphoreFullException();
        }
    }

    /// <summary>Gives that many turns.</summary>
    public void Release(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _waiting.Clear();
}
