using DataLoad.Engine.Parking;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>A store of parked deliveries that fails when it is told to, before or after it did what was asked. Thread-safe.</summary>
internal sealed class FakeParkingStore : IParkingStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, ParkedDelivery> _rows = [];
    private readonly List<string> _calls = [];

    /// <summary>How many of the next calls of that name fail; "park" those of <see cref="ParkAsync"/>, and so on.</summary>
    public Dictionary<string, int> Failures { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a call that fails has done what was asked all the same.</summary>
    public bool FailsAfterwards { get; set; }

    /// <summary>Where set, storing waits at it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Where set, is told of each row when it is stored; a call at a time.</summary>
    public Action<ParkedDelivery>? OnStored { get; set; }

    public IReadOnlyList<ParkedDelivery> Rows
    {
        get
        {
            lock (_lock)
            {
                return [.. _rows.Values.OrderBy(row => row.Id)];
            }
        }
    }

    public int CallsOf(string name)
    {
        lock (_lock)
        {
            return _calls.Count(call => string.Equals(call, name, StringComparison.Ordinal));
        }
    }

    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        if (Gate is { } gate)
        {
            await gate.Task;
        }

        Do("park", () =>
        {
            foreach (ParkedDelivery delivery in deliveries)
            {
                _rows[delivery.Id] = delivery;
                OnStored?.Invoke(delivery);
            }

            return 0;
        });
    }

    public ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, long maxBytes, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ParkedDelivery>>(Do<List<ParkedDelivery>>(
            "due", () => [.. OfStream(stream).Where(row => row.DueMs <= nowMs).OrderBy(row => row.DueMs).ThenBy(row => row.Id).Take(limit)]));

    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Do("next", () => OfStream(stream).Min(row => (long?)row.DueMs)));

    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        Do("remove", () => ids.Count(_rows.Remove));
        return ValueTask.CompletedTask;
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Do("count", () => (long)_rows.Count));

    private IEnumerable<ParkedDelivery> OfStream(string stream) => _rows.Values.Where(row => string.Equals(row.Stream, stream, StringComparison.Ordinal));

    private T Do<T>(string name, Func<T> action)
    {
        lock (_lock)
        {
            _calls.Add(name);
            bool fails = Failures.GetValueOrDefault(name) > 0;
            if (fails)
            {
                Failures[name]--;
            }

            if (fails && !FailsAfterwards)
            {
                throw new IOException("the store is away");
            }

            T result = action();
            return fails ? throw new IOException("the store went away") : result;
        }
    }
}
