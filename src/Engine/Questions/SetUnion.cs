using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Questions;

/// <summary>Unites sets that come one after the other, many at a time: to sort the ids of many small ones together is cheaper than to find the place of each
/// in a set that grows. Not thread-safe.</summary>
internal sealed class SetUnion
{
    // As many ids as are sorted together; 4 MB.
    private const long PendingIds = 1 << 20;

    private readonly IdSet _union = new();
    private readonly List<IdSet> _pending = [];
    private long _pendingIds;

    /// <summary>What it takes while it is empty: itself and its list.</summary>
    public const int OwnBytes = 104;

    /// <summary>The memory held, in bytes.</summary>
    public long ResidentBytes => OwnBytes + _union.ResidentBytes + _pending.Sum(set => set.ResidentBytes);

    /// <summary>Adds a set, which nobody changes any more.</summary>
    public void Add(IdSet set)
    {
        _pending.Add(set);
        _pendingIds += set.Count;
        if (_pendingIds >= PendingIds)
        {
            Unite();
        }
    }

    /// <summary>The union of all that were added.</summary>
    public IdSet Result()
    {
        Unite();
        return _union;
    }

    private void Unite()
    {
        _union.UnionWith(IdSet.Union(_pending));
        _pending.Clear();
        _pendingIds = 0;
    }
}
