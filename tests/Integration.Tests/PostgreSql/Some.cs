using DataLoad.Engine.Nodes;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Shouldly;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>Things to store.</summary>
internal static class Some
{
    public static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    public static CancellationToken None => CancellationToken.None;

    public static NodePlace Place(string id) =>
        new(new NodeInfo(id, $"http://{id}:1", $"secret of {id}"), $"akka.tcp://dataload@{id}:1", Uid: 1, NodeProtocol.Current);

    /// <summary>Owns a Partition, by an Epoch that is put in force.</summary>
    public static async Task<long> EpochAsync(IStore store, int partition)
    {
        long epoch = (await store.Partitions.LoadAsync(partition, None)).Epoch + 1;
        (await store.Partitions.RaiseEpochAsync(partition, epoch, None)).ShouldBeTrue();
        return epoch;
    }

    /// <summary>The answer to a call of somebody whose sessions were ended: those of the pool fail once each.</summary>
    public static async Task<T> AnswerAsync<T>(Func<ValueTask<T>> call)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return await call();
            }
            catch (System.Data.Common.DbException) when (i < 20)
            {
                // The next try has a fresh session.
            }
        }
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
