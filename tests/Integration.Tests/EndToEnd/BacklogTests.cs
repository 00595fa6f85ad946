using System.Diagnostics;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Measures, and so runs alone.</summary>
[CollectionDefinition(nameof(BacklogTests), DisableParallelization = true)]
public sealed class BacklogCollection;

/// <summary>How fast a backlog is drained.</summary>
[Collection(nameof(BacklogTests))]
public sealed class BacklogTests
{
    private const int Messages = 100_000;

    // An idle machine of two cores drains more than 10,000 a second; a busy one must not fail for being busy.
    private const double LeastPerSecond = 3_000;

    [Fact]
    public Task A_backlog_is_drained_into_PostgreSQL_at_speed() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        await Backlog.PrepareAsync(new BacklogOptions { Messages = Messages }, scenario.Business, scenario.Publisher, scenario.Tally);
        var host = scenario.LaunchHost();
        await host.WaitForMetricAsync("dataload_deliveries_total", 1);
        var clock = Stopwatch.StartNew();
        var already = (await host.MetricsAsync()).Sum("dataload_events_total");
        await host.WaitForMetricAsync("dataload_events_total", scenario.Tally.Events);
        var rate = (scenario.Tally.Events - already) / clock.Elapsed.TotalSeconds;
        TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant($"{Messages} messages drained at {rate:F0}/s"));

        await scenario.ShouldEqualTallyAsync();
        rate.ShouldBeGreaterThan(LeastPerSecond);
    });
}
