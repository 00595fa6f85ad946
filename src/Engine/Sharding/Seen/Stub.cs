#pragma warning disable CS1591, MA0048
using DataLoad.Engine.Journaling;
namespace DataLoad.Engine.Sharding.Seen;
internal sealed record SeenHashesOptions { public long WindowMs { get; init; } }
internal sealed class MissingPages { public List<byte[]> Keys { get; } = []; public int Count => Keys.Count; public void Clear() => Keys.Clear(); }
internal sealed class SeenHashes
{
    private readonly HashSet<UInt128> _s = [];
    public static Task<SeenHashes> OpenAsync(int shard, ISnapshotStore store, SeenHashesOptions o, CancellationToken c) => Task.FromResult(new SeenHashes());
    public long ResidentBytes => 40L * _s.Count;
    public bool Contains(UInt128 h, long now) => _s.Contains(h);
    public void Add(UInt128 h, long now) => _s.Add(h);
    public void CollectMissing(UInt128 h, long now, MissingPages m) { }
    public void Supply(byte[] k, byte[] b) { }
    public IReadOnlyList<SnapshotWrite> Seal(long epoch, long seq, long now) => [];
    public void SealCommitted() { }
    public int Passivate(long bytes) => 0;
}
