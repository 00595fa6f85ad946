using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Tests.Access;
using DataLoad.Host.Tests.Commands;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DataLoad.Host.Tests.Operating;

/// <summary>A node's API over rows in memory, and the commands that ask it. Its time stands still.</summary>
internal sealed class NodeWithRows : IAsyncDisposable
{
    /// <summary>What day it is there; in UTC it is the day before.</summary>
    public static readonly DateOnly Today = new(2026, 11, 25);

    private readonly TestNode _node;

    private NodeWithRows(TestNode node) => _node = node;

    public TestNode Node => _node;

    public static async Task<NodeWithRows> StartAsync() =>
        new(await TestNode.StartAsync(replace: services => services.RemoveAll<TimeProvider>().AddSingleton<TimeProvider>(new Standing())));

    /// <summary>Adds a row, whose metrics that are not named are 0.</summary>
    public async Task PutAsync(string page, string type, int id, DateOnly day, params (string Column, long Value)[] metrics)
    {
        Page of = Catalog.Default.PageNamed(page);
        long[] values = new long[of.Metrics.Length];
        foreach ((string column, long value) in metrics)
        {
            values[of.IndexOf(column)] = value;
        }

        long epoch = (await _node.Store.Partitions.LoadAsync(0, CancellationToken.None)).Epoch + 1;
        await _node.Store.Partitions.RaiseEpochAsync(0, epoch, CancellationToken.None);
        await _node.Store.Statistics.FlushAsync(of, [new StatisticsRow(type, id, day.DayNumber, 1, values, 0, epoch)], correct: false, CancellationToken.None);
    }

    /// <summary>Runs a command that asks it.</summary>
    public Task<CommandRun> RunAsync(params string[] words) => CommandRun.OfAsync([.. words, "--address", _node.Http.BaseAddress!.ToString()]);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private sealed class Standing : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 24, 20, 0, 0, TimeSpan.Zero);
    }
}
