using System.Runtime.CompilerServices;

namespace DataLoad.Engine.Seen;

/// <summary>The ids that are in no stored segment yet, by time bucket: those added since the last seal, and those whose seal waits for its commit.</summary>
internal sealed class ActiveIds(long bucketMs)
{
    private readonly List<IdTable> _open = [];
    private readonly List<IdTable> _pending = [];
    private IdTable? _current;
    private IdTable? _spare;

    /// <summary>How many ids were added since the last seal.</summary>
    public int OpenCount { get; private set; }

    /// <summary>How many ids wait for the commit of their seal.</summary>
    public int PendingCount { get; private set; }

    /// <summary>What all costs in memory.</summary>
    public long Bytes => (_spare?.Bytes ?? 0) + _open.Concat(_pending).Sum(table => table.Bytes);

    /// <summary>When the newest bucket ends; 0 where there is none.</summary>
    public long NewestEndMs => _open.Concat(_pending).Select(table => table.EndMs).DefaultIfEmpty().Max();

    /// <summary>Whether a bucket that ends after <paramref name="endedByMs"/> holds the id.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(UInt128 id, in HashProbe probe, long endedByMs) =>
        Contains(_open, id, probe, endedByMs) || (_pending.Count != 0 && Contains(_pending, id, probe, endedByMs));

    /// <summary>Has the processor fetch where the newest bucket would hold the id.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(in HashProbe probe) => _current?.Prefetch(probe);

    /// <summary>Adds an id to the bucket of its journaling.</summary>
    public void Add(UInt128 id, long journaledAtMs)
    {
        IdTable? table = _current;
        if (table is null || journaledAtMs < table.StartMs || journaledAtMs >= table.EndMs)
        {
            table = Open(journaledAtMs / bucketMs);
        }

        if (table.Add(id, new HashProbe(id)))
        {
            OpenCount++;
        }
    }

    /// <summary>Sets all open buckets apart for a seal; what is added from here on is not of it.</summary>
    public IReadOnlyList<IdTable> Freeze()
    {
        _pending.AddRange(_open);
        PendingCount = OpenCount;
        _open.Clear();
        _current = null;
        OpenCount = 0;
        return _pending;
    }

    /// <summary>Drops the ids that were set apart; the most spacious table is kept for the next bucket.</summary>
    public void DropFrozen()
    {
        foreach (IdTable table in _pending)
        {
            if (table.WorthKeeping && table.Bytes > (_spare?.Bytes ?? 0))
            {
                table.Clear();
                _spare = table;
            }
        }

        _pending.Clear();
        PendingCount = 0;
    }

    /// <summary>Frees the table that is kept for later; false where there is none.</summary>
    public bool DropSpare()
    {
        bool dropped = _spare is not null;
        _spare = null;
        return dropped;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Contains(List<IdTable> tables, UInt128 id, in HashProbe probe, long endedByMs)
    {
        for (int i = tables.Count - 1; i >= 0; i--)
        {
            IdTable table = tables[i];
            if (table.EndMs > endedByMs && table.Contains(id, probe))
            {
                return true;
            }
        }

        return false;
    }

    private IdTable Open(long bucket)
    {
        if (_open.Find(table => table.Bucket == bucket) is { } found)
        {
            return _current = found;
        }

        IdTable opened = _spare ?? new IdTable();
        _spare = null;
        opened.Assign(bucket, bucketMs);
        _open.Add(opened);
        return _current = opened;
    }
}
