using DataLoad.Engine.Metrics;
using DataLoad.Host.Settings;
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
