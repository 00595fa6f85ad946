using System.Diagnostics.Metrics;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Metrics;
using Npgsql;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace DataLoad.Host.Hosting;

/// <summary>Metrics by OpenTelemetry: for Prometheus, and by OTLP where that is set.</summary>
internal static class Telemetry
{
    /// <summary>The bounds of all histograms of the engine's, in seconds.</summary>
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 100];

    /// <summary>Collects the engine's instruments and those of the driver of PostgreSQL.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, HostSettings settings)
    {
        services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics
                .AddMeter(EngineMetrics.MeterName)
                .AddNpgsqlInstrumentation()
                .AddView(instrument => string.Equals(instrument.Meter.Name, EngineMetrics.MeterName, StringComparison.Ordinal) && instrument.GetType()
                    .GetGenericTypeDefinition() == typeof(System.Diagnostics.Metrics.Histogram<>)
                    ? new ExplicitBucketHistogramConfiguration { Boundaries = Bounds }
                    : null)
                .AddPrometheusExporter(exporter =>
                {
                    exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                    exporter.TargetInfoEnabled = false;
                    exporter.ScopeInfoEnabled = false;
                });
            if (settings.OtlpEndpoint is { } endpoint)
            {
                metrics.AddOtlpExporter((exporter, reader) =>
                {
                    exporter.Endpoint = endpoint;
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)settings.OtlpInterval.TotalMilliseconds;
                });
            }
        });
        return services;
    }
}

/// <summary>What a node shows of itself when it is asked.</summary>
internal static class NodeGauges
{
    public static void Register(EngineMetrics metrics, ClusterNode node)
    {
        metrics.Gauge("dataload.serving", "", "1 while all Partitions serve and events are taken in", () => [new(node.IsServing ? 1 : 0)]);
        metrics.Gauge("dataload.broker.connected", "", "1 while the broker is connected", () => [new(node.Intake?.IsConnected == true ? 1 : 0)]);
        metrics.Gauge("dataload.queue.lag", "{message}", "Messages that wait in a stream's queue", () =>
            node.Intake?.Lag.Where(entry => entry.Value.IsKnown).Select(entry => new Measurement<long>(entry.Value.Messages, new KeyValuePair<string, object?>(EngineMetrics.StreamTag, entry.Key))) ?? []);
        metrics.Gauge("dataload.streams.failing", "{stream}", "Streams that are not consumed, or wait for a query that fails", () =>
            [new(node.Intake?.Failing.Count() ?? 0)]);
        metrics.Gauge("dataload.streams.paused", "{stream}", "Streams that an operator paused", () =>
            [new(node.Intake?.Streams.Count(stream => stream.IsPaused) ?? 0)]);
        metrics.Gauge("dataload.unacknowledged", "{message}", "Messages of a stream that are delivered and not acknowledged", () =>
            node.Intake?.Streams.Select(stream =>
                new Measurement<long>(stream.Unacknowledged, new KeyValuePair<string, object?>(EngineMetrics.StreamTag, stream.Stream))) ?? []);
        metrics.Gauge("dataload.dead_letters.waiting", "{delivery}", "Dead letters that wait in their queue", () =>
            node.Intake?.DeadLetters is { IsKnown: true } waiting ? [new(waiting.Messages)] : []);
        metrics.Gauge("dataload.dead_letters.set_aside", "{delivery}", "Dead letters that the broker did not take, kept in the store and published again", () =>
            node.Intake is { } intake ? [new(intake.Letters.SetAside)] : []);
        metrics.Gauge("dataload.parked.waiting", "{delivery}", "Deliveries that are parked now", () => node.Parked is long parked ? [new(parked)] : []);
        metrics.Gauge("dataload.counters.resident", "{counter}", "Counters in memory", () =>
            [new(node.Registry.Partitions.Sum(partition => (long)partition.Counters))]);
        metrics.Gauge("dataload.counters.damaged", "{counter}", "Counters set aside until they are rebuilt", () =>
            [new(node.Registry.Partitions.Sum(partition => (long)partition.Damaged))]);
        metrics.Gauge("dataload.memory.resident", "By", "Memory held by Counters and seen identities", () => [new(node.Budget.UsedBytes)]);
        metrics.Gauge("dataload.memory.budget", "By", "Memory that they may hold", () => [new(node.Budget.LimitBytes)]);
        metrics.Gauge("dataload.journal.unflushed", "{counter}", "Counters that wait for their flush", () =>
            [new(node.Registry.Partitions.Sum(partition => (long)partition.Unflushed))]);
        metrics.Gauge("dataload.journal.uncheckpointed", "{event}", "Events that a recovery would replay", () =>
            [new(node.Registry.Partitions.Sum(partition => partition.EventsSinceCheckpoint))]);
        metrics.Gauge("dataload.partitions", "{partition}", "Partitions that run on the node", () => [new(node.Registry.Partitions.Count)]);
        metrics.Count("dataload.partitions.taken", "{partition}", "Partitions that were started here", () => node.Registry.TakenCount);
        metrics.Count("dataload.partitions.given_up", "{partition}", "Partitions that were given up here", () => node.Registry.GivenUpCount);
        metrics.Count("dataload.partitions.lost", "{partition}", "Partitions that were taken over while they ran here", () => node.Registry.LossCount);
        metrics.Gauge("dataload.cluster.members_up", "{member}", "Members of the cluster that are up, as the node sees it", () =>
            [new(node.Cluster?.Members.Count(member => member.Status is "Up") ?? 0)]);
        metrics.Gauge("dataload.cluster.members_unreachable", "{member}", "Members of the cluster that somebody cannot reach", () =>
            [new(node.Cluster?.Members.Count(member => member.IsUnreachable) ?? 0)]);
    }
}
