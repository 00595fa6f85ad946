using System.Globalization;
using System.Security.Cryptography;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Node;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Host.Admin;
using DataLoad.Host.Dashboard;
using DataLoad.Host.Settings;
using DataLoad.Host.Web;

namespace DataLoad.Host.Hosting;

/// <summary>Runs a node with its HTTP interface until it is told to stop.</summary>
internal static class NodeHost
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(HostSettings settings, CancellationToken stop)
    {
        using ILoggerFactory loggers = Logging.Create(settings.LogLevel);
        var info = new NodeInfo
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"),
            Address = settings.HttpUrls.Count > 0 ? settings.HttpUrls[0] : "",
            Secret = RandomNumberGenerator.GetHexString(64, lowercase: true),
        };
        await using IStore store = Databases.OpenStore(settings.Store, info.Id);
        await using ILookup lookup = Databases.OpenLookup(settings.Business);
        await StartCheck.RunAsync(store, lookup, new AmqpConnector(settings.Engine.Amqp), stop).ConfigureAwait(false);
        using var metrics = new EngineMetrics();
        var node = new EngineNode(settings.Engine, new NodeServices
        {
            Info = info,
            Catalog = Catalog.Default,
            Store = store,
            Lookup = lookup,
            Metrics = metrics,
            Time = TimeProvider.System,
            Loggers = loggers,
        });
        NodeGauges.Register(metrics, node);
        using IDisposable? telemetry = Telemetry.Start(settings);
        using var exposition = new PrometheusExposition(EngineMetrics.MeterName);
        await using WebApplication? web = settings.HttpUrls.Count == 0 ? null : WebHost.Build(settings, loggers, app =>
        {
            HealthEndpoints.Map(app, node, store, lookup, settings.MaxLag);
            app.MapGet("/metrics", () => Results.Text(exposition.Write(), PrometheusExposition.ContentType));
            AdminEndpoints.Map(app, node, info);
            DashboardEndpoints.Map(app);
        });
        if (web is not null)
        {
            await web.StartAsync(stop).ConfigureAwait(false);
        }

        try
        {
            await node.RunAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            if (web is not null)
            {
                using var patience = new CancellationTokenSource(CloseTimeout);
                await web.StopAsync(patience.Token).ConfigureAwait(false);
            }
        }
    }
}
