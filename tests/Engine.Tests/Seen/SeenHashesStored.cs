using System.Buffers.Binary;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Seen;
using Shouldly;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>A segment of twenty ids as it is stored, to be damaged and read again.</summary>
internal static class SeenHashesStored
{
    public const long NowMs = 5_000;

    public static readonly SeenHashesOptions Options = new() { WindowMs = 1_600, PageIds = 8, FilterBitsPerId = 32 };

    public static async Task<SeenShard> StoredAsync()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        foreach (UInt128 id in SeenShard.Ids(20, seed: 1))
        {
            shard.Hashes.Add(id, NowMs);
        }

        await shard.SealAsync(20, NowMs);
        return shard;
    }

    public static async Task<string> FaultAsync(byte[] key, byte[] bytes) =>
        (await Should.ThrowAsync<StoredFormatException>(() => AskAsync(key, bytes))).Message;

    public static async Task AskAsync(byte[] key, byte[] bytes)
    {
        SeenShard shard = await StoredAsync();
        shard.Store.Overwrite(7, key, bytes);
        SeenShard opened = await SeenShard.OpenAsync(shard.Store, Options);
        await opened.ContainsAsync(SeenShard.Ids(20, seed: 1), NowMs);
    }

    public static byte[] Checksummed(byte[] body)
    {
        byte[] bytes = new byte[body.Length + 4];
        body.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(body.Length), Crc32C.Compute(body));
        return bytes;
    }
}
