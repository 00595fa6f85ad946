using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>What a shard actor does with its seen hashes: load what is missing, seal, merge.</summary>
internal sealed class SeenShard
{
    private readonly MissingPages _missing;

    private SeenShard(FakeSnapshotStore store, SeenHashes seen, long loadBytes)
    {
        Store = store;
        Hashes = seen;
        _missing = new MissingPages(loadBytes);
    }

    public FakeSnapshotStore Store { get; }

    public SeenHashes Hashes { get; }

    public static async Task<SeenShard> OpenAsync(FakeSnapshotStore store, SeenHashesOptions options, int shard = 7, long loadBytes = 32 << 20) =>
        new(store, await SeenHashes.OpenAsync(shard, store, options, damaged: null, CancellationToken.None), loadBytes);

    /// <summary>The answers for a batch, loading as many rounds as it takes.</summary>
    public async Task<bool[]> ContainsAsync(IReadOnlyList<UInt128> ids, long nowMs)
    {
        for (int round = 0; ; round++)
        {
            round.ShouldBeLessThan(10_000);
            _missing.Clear();
            var found = new Membership[ids.Count];
            if ((ids.Count & 1) == 0)
            {
                Hashes.CollectMissing(ids.ToArray(), nowMs, found, _missing);
            }
            else
            {
                for (int i = 0; i < ids.Count; i++)
                {
                    found[i] = Hashes.CollectMissing(ids[i], nowMs, _missing);
                }
            }

            if (_missing.IsEmpty)
            {
                bool[] answers = [.. ids.Select(id => Hashes.Contains(id, nowMs))];
                answers.ShouldBe(found.Select(f => f == Membership.Seen));
                return answers;
            }

            found.ShouldContain(Membership.Unknown);
            Hashes.Supply(_missing, await LoadAsync(_missing.Keys));
        }
    }

    public async Task<bool> ContainsAsync(UInt128 id, long nowMs) => (await ContainsAsync([id], nowMs))[0];

    public async Task SealAsync(long sequenceNr, long nowMs)
    {
        await SaveAsync(Hashes.Seal(1, sequenceNr, nowMs));
        Hashes.Sealed();
    }

    /// <summary>Merges until there is nothing to merge.</summary>
    public async Task<int> CompactAsync(long sequenceNr = 1)
    {
        int merges = 0;
        while (Hashes.PlanCompaction() is { } plan)
        {
            await SaveAsync(Hashes.CompleteCompaction(plan, await LoadAsync(plan.Keys), 1, sequenceNr).ShouldNotBeNull());
            Hashes.Committed();
            merges++;
        }

        return merges;
    }

    public async Task SaveAsync(SeenWrites writes) => (await Store.SaveAsync(writes.Writes, CancellationToken.None)).ShouldBeEmpty();

    public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(IReadOnlyList<byte[]> keys) =>
        Store.LoadAsync(Hashes.Shard, SnapshotKind.SeenHashes, keys, CancellationToken.None);

    /// <summary>An id as a hash gives it.</summary>
    public static UInt128 Id(Random random) =>
        new((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));

    /// <summary>Ids as a hash gives them, all different.</summary>
    public static UInt128[] Ids(int count, int seed)
    {
        var random = new Random(seed);
        var ids = new HashSet<UInt128>(count);
        while (ids.Count < count)
        {
            ids.Add(Id(random));
        }

        return [.. ids];
    }
}
