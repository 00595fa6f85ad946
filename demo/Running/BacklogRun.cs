using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>The demo's other job: fill the queues with a backlog, and perhaps wait until it is counted.</summary>
public static class BacklogRun
{
    /// <summary>Prepares the backlog; with <c>--drain-seconds</c> also waits until the tables equal its tally.</summary>
    /// <returns>0, or 1 when the tables differ.</returns>
    public static async Task<int> RunAsync(DemoOptions options, CancellationToken stop)
    {
        await using var business = await BusinessDatabase.OpenAsync(options.Business, stop);
        await using var publisher = await SpringPublisher.ConnectAsync(options.Amqp, cancel: stop);
        var compare = options.Store.Length > 0;
        var tally = compare ? new Tally() : null;
        var result = await Backlog.PrepareAsync(new BacklogOptions { Messages = options.Backlog, Seed = options.Seed }, business, publisher, tally, stop);
        Console.WriteLine(Invariant($"{result.Messages} messages and {result.Rows} rows in {result.Elapsed.TotalSeconds:F1} s: {result.Messages / result.Elapsed.TotalSeconds:F0} messages/s"));
        if (tally is null)
        {
            return 0;
        }

        var comparison = await TallyComparer.WaitUntilEqualAsync(tally, options.Store, TimeSpan.FromSeconds(options.DrainSeconds), stop);
        Console.WriteLine(comparison.Describe());
        return comparison.AllEqual ? 0 : 1;
    }
}
