using System.Text.RegularExpressions;
using DataLoad.Engine.Metrics;
using DataLoad.Host.Tests.Access;
using DataLoad.Integration.Tests.EndToEnd;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Hosting;

/// <summary>The names by which operators know what the engine measures.</summary>
[Collection(nameof(AloneInTheProcess))]
public sealed partial class MetricsTests
{
    [Fact]
    public async Task Every_instrument_is_exposed_under_the_name_that_the_operations_page_gives_it()
    {
        await using TestNode node = await TestNode.StartAsync();
        EngineMetrics metrics = node.App.Services.GetRequiredService<EngineMetrics>();
        KeyValuePair<string, object?> stream = new(EngineMetrics.StreamTag, "act.buy");
        foreach (System.Diagnostics.Metrics.Counter<long> counter in new[]
        {
            metrics.Deliveries, metrics.Events, metrics.Duplicates, metrics.Unidentified, metrics.Retries, metrics.Parked, metrics.BrokerConnections,
            metrics.LookupFailures, metrics.Resends,
        })
        {
            counter.Add(3, stream);
        }

        metrics.DeadLetters.Add(2, stream, new(EngineMetrics.ReasonTag, "no-row"));
        foreach (System.Diagnostics.Metrics.Histogram<double> histogram in new[] { metrics.JournalSeconds, metrics.FlushSeconds, metrics.SnapshotSeconds, metrics.LookupSeconds })
        {
            histogram.Record(0.02, stream);
        }

        string text = await node.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        string[] families = [.. Family().Matches(text).Select(match => match.Groups["name"].Value)
            .Where(name => name.StartsWith("dataload_", StringComparison.Ordinal))];
        families.ShouldBeUnique();

        // Of a node that takes nothing in, these five have no value.
        families.ShouldBe(
            OperationsPage.Metrics().Except(
                ["dataload_queue_lag", "dataload_unacknowledged", "dataload_dead_letters_waiting", "dataload_dead_letters_set_aside", "dataload_parked_waiting"]),
            ignoreOrder: true);
        text.ShouldContain("# TYPE dataload_deliveries_total counter\n");
        text.ShouldContain("dataload_deliveries_total{stream=\"act.buy\"} 3");
        text.ShouldContain("dataload_dead_letters_total{reason=\"no-row\",stream=\"act.buy\"} 2");
        text.ShouldContain("# TYPE dataload_serving gauge\n");
        text.ShouldContain("dataload_serving{} 0\n");
        text.ShouldContain("# TYPE dataload_partitions_taken_total counter\n");
        text.ShouldContain("dataload_resends_total{stream=\"act.buy\"} 3");
        text.ShouldContain("# TYPE dataload_memory_budget_bytes gauge\n");
        text.ShouldContain("# TYPE dataload_lookup_duration_seconds histogram\n");
        text.ShouldContain("dataload_lookup_duration_seconds_bucket{stream=\"act.buy\",le=\"0.01\"} 0");
        text.ShouldContain("dataload_lookup_duration_seconds_bucket{stream=\"act.buy\",le=\"0.025\"} 1");
        text.ShouldContain("dataload_lookup_duration_seconds_count{stream=\"act.buy\"} 1");
    }

    [GeneratedRegex("^# TYPE (?<name>\\S+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Family();
}

/// <summary>Instruments of two nodes in one process bear one name, and would be shown together.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;
