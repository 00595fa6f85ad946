using System.Diagnostics;
using DataLoad.Engine.Sharding;

namespace DataLoad.Engine.Tests.Sharding;

/// <summary>Notes which deliveries are done.</summary>
internal sealed class TagSink(Action<ulong>? onComplete = null) : IDeliverySink
{
    private readonly Lock _lock = new();
    private readonly List<ulong> _done = [];

    public IReadOnlyList<ulong> Done
    {
        get
        {
            lock (_lock)
            {
                return [.. _done];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _done.Count;
            }
        }
    }

    public void Complete(ReadOnlySpan<ulong> tags)
    {
        foreach (ulong tag in tags)
        {
            onComplete?.Invoke(tag);
        }

        lock (_lock)
        {
            _done.AddRange(tags);
        }
    }

    public Task WhenAsync(int count) => WaitFor.ConditionAsync(() => Count >= count, $"{count} deliveries to be done");
}

internal static class WaitFor
{
    /// <summary>Waits for a condition, for at most 20 seconds.</summary>
    public static async Task ConditionAsync(Func<bool> condition, string what, Task? unlessEnds = null)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (unlessEnds is { IsCompleted: true })
            {
                await unlessEnds;
                throw new InvalidOperationException($"It ended before {what}.");
            }

            if (waited.Elapsed > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException($"Waited in vain for {what}.");
            }

            await Task.Delay(1);
        }
    }
}
