using System.Runtime.CompilerServices;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>Snapshots in memory.</summary>
internal sealed class MemorySnapshotStore(MemoryCalls calls, int pageRows) : ISnapshotStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken) =>
        calls.RunAsync("Snapshots.Save", state => Write(state, writes), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(
        int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken) =>
        calls.RunAsync("Snapshots.Load", state => Load(state, shard, kind, keys), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<Snapshot> ReadAsync(
        int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (Snapshot snapshot in await LoadAsync(shard, kind, keys, cancellationToken))
        {
            yield return snapshot;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Snapshot> ListAsync(
        int shard, SnapshotKind kind, byte[] keyPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[]? after = null;
        while (true)
        {
            byte[]? last = after;
            List<Snapshot> page = await calls.RunAsync(
                "Snapshots.List", state => Page(state, shard, kind, keyPrefix, last), cancellationToken);
            foreach (Snapshot snapshot in page)
            {
                yield return Copy(snapshot);
            }

            if (page.Count < pageRows)
            {
                yield break;
            }

            after = page[^1].Key;
        }
    }

    /// <summary>Writes and removes; returns the stale shards.</summary>
    internal static IReadOnlyList<int> Write(MemoryStoreState state, IReadOnlyList<SnapshotWrite> writes)
    {
        var stale = new List<int>();
        foreach (SnapshotWrite write in writes)
        {
            if (!state.Admits(write.Shard, write.Epoch, stale))
            {
                continue;
            }

            if (!state.Snapshots.TryGetValue((write.Shard, write.Kind), out SortedList<byte[], Snapshot>? kept))
            {
                kept = new SortedList<byte[], Snapshot>(ByteOrder.Instance);
                state.Snapshots.Add((write.Shard, write.Kind), kept);
            }

            if (write.Bytes is null)
            {
                kept.Remove(write.Key);
            }
            else if (!kept.TryGetValue(write.Key, out Snapshot? stored) || stored.SequenceNr <= write.SequenceNr || Fault.Is(FaultPoint.SnapshotIgnoresVersion))
            {
                // A write that lands late does not replace what was written since.
                Snapshot snapshot = Copy(new Snapshot(write.Key, write.SequenceNr, write.Bytes));
                kept[snapshot.Key] = snapshot;
            }
        }

        return stale;
    }

    private static IReadOnlyList<Snapshot> Load(MemoryStoreState state, int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys)
    {
        var found = new List<Snapshot>(keys.Count);
        if (state.Snapshots.TryGetValue((shard, kind), out SortedList<byte[], Snapshot>? kept))
        {
            foreach (byte[] key in keys)
            {
                if (kept.TryGetValue(key, out Snapshot? snapshot))
                {
                    found.Add(Copy(snapshot));
                }
            }
        }

        return found;
    }

    private List<Snapshot> Page(MemoryStoreState state, int shard, SnapshotKind kind, byte[] prefix, byte[]? after)
    {
        var page = new List<Snapshot>();
        if (state.Snapshots.TryGetValue((shard, kind), out SortedList<byte[], Snapshot>? kept))
        {
            page.AddRange(kept.Values
                .Where(snapshot => snapshot.Key.AsSpan().StartsWith(prefix)
                    && (after is null || ByteOrder.Instance.Compare(snapshot.Key, after) > 0))
                .Take(pageRows));
        }

        return page;
    }

    private static Snapshot Copy(Snapshot snapshot) => snapshot with { Key = [.. snapshot.Key], Bytes = [.. snapshot.Bytes] };
}
