using DataLoad.Engine.Leasing;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Shouldly;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>Things to store.</summary>
internal static class Some
{
    public static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    public static CancellationToken None => CancellationToken.None;

    public static NodeInfo Node(string id) => new(id, $"http://{id}:1", $"secret of {id}");

    public static async Task<long> EpochAsync(IStore store, string nodeId, int shard)
    {
        LeaseAttempt attempt = await store.Leases.AcquireAsync(Node(nodeId), [shard], Long, None);
        return attempt.Granted.Single().Epoch;
    }

    public static byte[] Bytes(long seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random((int)seed).NextBytes(bytes);
        return bytes;
    }

    public static StatisticsRow Row(int shard, long epoch, long sequenceNr, string type, int id, int day, params long[] values) =>
        new(type, id, new DateOnly(2024, 1, 1).DayNumber + day, sequenceNr, values, shard, epoch);

    public static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (T item in items)
        {
            list.Add(item);
        }

        return list;
    }

    /// <summary>Waits for a condition.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!await holds())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }
    }
}
