using DataLoad.Engine.Parking;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>A store of parked deliveries that fails when it is told to, before or after it did what was asked. Thread-safe.</summary>
internal sealed class FakeParkingStore : IParkingStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, ParkedDelivery> _rows = [];
    private readonly Dictionary<Guid, Guid> _claims = [];
    private readonly List<string> _calls = [];

    /// <summary>How many of the next calls of that name fail; "park" those of <see cref="ParkAsync"/> and
    /// <see cref="ParkAgainAsync"/>, and so on.</summary>
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

    public ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken) =>
        StoreAsync(deliveries, row => _rows.TryAdd(row.Id, row));

    public ValueTask ParkAgainAsync(IReadOnlyList<ParkedDelivery> deliveries, Guid claim, CancellationToken cancellationToken) => StoreAsync(deliveries, row =>
    {
        if (IsUnder(claim, row.Id))
        {
            _rows[row.Id] = row;
            _claims.Remove(row.Id);
        }
    });

    public ValueTask<IReadOnlyList<ParkedDelivery>> ClaimAsync(
        string stream, long nowMs, long untilMs, Guid claim, int limit, long maxBytes, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ParkedDelivery>>(Do<List<ParkedDelivery>>("claim", () =>
        {
            List<ParkedDelivery> due = [.. OfStream(stream).Where(row => row.DueMs <= nowMs).OrderBy(row => row.DueMs).ThenBy(row => row.Id).Take(limit)];
            foreach (ParkedDelivery row in due)
            {
                _rows[row.Id] = row with { DueMs = untilMs };
                _claims[row.Id] = claim;
            }

            return due;
        }));

    public ValueTask RenewAsync(IReadOnlyList<Guid> ids, Guid claim, long untilMs, CancellationToken cancellationToken)
    {
        Do("renew", () =>
        {
            foreach (Guid id in ids.Where(id => IsUnder(claim, id)))
            {
                _rows[id] = _rows[id] with { DueMs = untilMs };
            }

            return 0;
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Do("next", () => OfStream(stream).Min(row => (long?)row.DueMs)));

    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(string? stream, Guid? after, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<int> RemoveAsync(IReadOnlyList<Guid> ids, Guid claim, CancellationToken cancellationToken) => ValueTask.FromResult(
        Do("remove", () => ids.Count(id => IsUnder(claim, id) && _claims.Remove(id) && _rows.Remove(id))));

    /// <summary>Removes rows as another node does.</summary>
    public void RemoveElsewhere(params Guid[] ids)
    {
        lock (_lock)
        {
            foreach (Guid id in ids)
            {
                _claims.Remove(id);
                _rows.Remove(id);
            }
        }
    }

    /// <summary>The token that a row is under, or null.</summary>
    public Guid? ClaimOf(Guid id)
    {
        lock (_lock)
        {
            return _claims.TryGetValue(id, out Guid claim) ? claim : null;
        }
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Do("count", () => (long)_rows.Count));

    private IEnumerable<ParkedDelivery> OfStream(string stream) => _rows.Values.Where(row => string.Equals(row.Stream, stream, StringComparison.Ordinal));

    private bool IsUnder(Guid claim, Guid id) => _claims.TryGetValue(id, out Guid current) && current == claim;

    private async ValueTask StoreAsync(IReadOnlyList<ParkedDelivery> deliveries, Action<ParkedDelivery> store)
    {
        if (Gate is { } gate)
        {
            await gate.Task;
        }

        Do("park", () =>
        {
            foreach (ParkedDelivery delivery in deliveries)
            {
                store(delivery);
                OnStored?.Invoke(delivery);
            }

            return 0;
        });
    }

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
