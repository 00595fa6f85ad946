using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;
using Shouldly;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>Snapshots in memory; a save fails on demand, before or after it took effect.</summary>
internal sealed class FakeSnapshotStore : ISnapshotStore
{
    private readonly SortedDictionary<string, Snapshot> _rows = new(StringComparer.Ordinal);

    public enum Failure
    {
        None,
        NothingSaved,
        SavedButNotReported,
    }

    public Failure NextSave { get; set; }

    public int Loads { get; private set; }

    public int Count => _rows.Count;

    public IReadOnlyCollection<Snapshot> Rows => _rows.Values;

    public ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken)
    {
        Failure failure = NextSave;
        NextSave = Failure.None;
        if (failure == Failure.NothingSaved)
        {
            throw new IOException("nothing was saved");
        }

        foreach (SnapshotWrite write in writes)
        {
            string row = Row(write.Shard, write.Kind, write.Key);
            if (write.Bytes is null)
            {
                _rows.Remove(row);
            }
            else
            {
                _rows[row] = new Snapshot(write.Key, write.SequenceNr, write.Bytes);
            }
        }

        return failure == Failure.SavedButNotReported ? throw new IOException("the outcome is unknown") : new ValueTask<IReadOnlyList<int>>([]);
    }

    public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        Loads++;
        List<Snapshot> found = [];
        foreach (byte[] key in keys)
        {
            if (_rows.TryGetValue(Row(shard, kind, key), out Snapshot? snapshot))
            {
                found.Add(snapshot);
            }
        }

        return new ValueTask<IReadOnlyList<Snapshot>>(found);
    }

    public async IAsyncEnumerable<Snapshot> ReadAsync(
        int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (Snapshot snapshot in await LoadAsync(shard, kind, keys, cancellationToken))
        {
            yield return snapshot;
        }
    }

    public async IAsyncEnumerable<Snapshot> ListAsync(int shard, SnapshotKind kind, byte[] keyPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string prefix = Row(shard, kind, keyPrefix);
        foreach ((string row, Snapshot snapshot) in _rows)
        {
            if (row.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return snapshot;
            }
        }

        await Task.CompletedTask;
    }

    /// <summary>Replaces the bytes of a stored row.</summary>
    public void Overwrite(int shard, byte[] key, byte[] bytes) => _rows[Row(shard, SnapshotKind.SeenHashes, key)] = new Snapshot(key, 1, bytes);

    /// <summary>Loses a stored row.</summary>
    public void Lose(int shard, byte[] key) => _rows.Remove(Row(shard, SnapshotKind.SeenHashes, key)).ShouldBeTrue();

    private static string Row(int shard, SnapshotKind kind, byte[] key) => $"{shard:d5}/{(byte)kind:d3}/{Convert.ToHexString(key)}";
}
