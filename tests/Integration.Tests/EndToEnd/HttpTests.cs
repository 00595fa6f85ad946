using System.Net;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Health and metrics of a running host.</summary>
public sealed class HttpTests
{
    [Fact]
    public Task Health_answers_and_metrics_say_what_was_sent() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 13, LateRows = 0, Delayed = 0, Broken = 0.05, Unidentified = 0.05 };
        var host = await scenario.StartHostAsync();
        (await host.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
        (await host.GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK);

        var batch = scenario.Generator.Next(2_000);
        await scenario.SendAsync(batch);
        await scenario.ShouldEqualTallyAsync();
        await scenario.ShouldHaveDeadLettersAsync();

        // Each is counted a moment after what it counts can be seen elsewhere.
        await host.WaitForMetricAsync("dataload_deliveries_total", batch.Messages.Count);
        await host.WaitForMetricAsync("dataload_events_total", scenario.Tally.Events);
        await host.WaitForMetricAsync("dataload_duplicates_total", scenario.Tally.Duplicates);
        await host.WaitForMetricAsync("dataload_unidentified_total", scenario.Tally.Unidentified);
        await host.WaitForMetricAsync("dataload_dead_letters_total", scenario.Tally.DeadLetterCount);
        await Deadline.UntilAsync("no lag", async () => (await host.MetricsAsync()).Sum("dataload_queue_lag") == 0);

        var metrics = await host.MetricsAsync();
        foreach (var stream in ContractStreams.All)
        {
            var label = $"stream=\"{stream.Name}\"";
            metrics.Sum("dataload_deliveries_total", label).ShouldBe(batch.Messages.Count(message => message.Stream == stream), stream.Name);
            metrics.Sum("dataload_events_total", label).ShouldBe(scenario.Tally.EventsByStream.GetValueOrDefault(stream.Name), stream.Name);
            metrics.Sum("dataload_dead_letters_total", label).ShouldBe(scenario.Tally.DeadLetters.GetValueOrDefault(stream.Name), stream.Name);
        }

        metrics.Sum("dataload_duplicates_total").ShouldBe(scenario.Tally.Duplicates);
        metrics.Sum("dataload_unidentified_total").ShouldBe(scenario.Tally.Unidentified);
        metrics.Sum("dataload_serving").ShouldBe(1);
        metrics.Sum("dataload_broker_connected").ShouldBe(1);
        metrics.Text.ShouldContain("# TYPE dataload_journal_duration_seconds histogram");
        metrics.Families.Where(family => family.StartsWith("dataload_", StringComparison.Ordinal)).ShouldBeSubsetOf(OperationsPage.Metrics());
    });
}
