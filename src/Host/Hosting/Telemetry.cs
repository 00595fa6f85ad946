using DataLoad.Engine.Metrics;
using DataLoad.Host.Settings;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace DataLoad.Host.Hosting;

/// <summary>Sends metrics by OTLP, where that is set.</summary>
internal static class Telemetry
{
    public static IDisposable? Start(HostSettings settings) => settings.OtlpEndpoint is null ? null : Sdk.CreateMeterProviderBuilder()
        .AddMeter(EngineMetrics.MeterName)
        .AddOtlpExporter((OtlpExporterOptions exporter, MetricReaderOptions reader) =>
        {
            exporter.Endpoint = settings.OtlpEndpoint;
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)settings.OtlpInterval.TotalMilliseconds;
        })
        .Build();
}
