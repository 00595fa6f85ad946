using DataLoad.Engine.Sharding;

namespace DataLoad.Engine.Intake;

/// <summary>Collects the parked deliveries of one batch as they become durable. Thread-safe.</summary>
/// <param name="ids">Their ids; a tag is a place in it.</param>
internal sealed class CollectingSink(IReadOnlyList<Guid> ids) : IDeliverySink
{
    private readonly Lock _lock = new();
    private readonly List<Guid> _done = [];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _expected = int.MaxValue;

    public void Complete(ReadOnlySpan<ulong> tags)
    {
        lock (_lock)
        {
            foreach (ulong tag in tags)
            {
                _done.Add(ids[(int)tag]);
            }

            CheckComplete();
        }
    }

    /// <summary>Waits until that many are done.</summary>
    public async Task<IReadOnlyList<Guid>> WhenCompleteAsync(int expected, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _expected = expected;
            CheckComplete();
        }

        await _complete.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return _done;
    }

    private void CheckComplete()
    {
        if (_done.Count >= _expected)
        {
            _complete.TrySetResult();
        }
    }
}
