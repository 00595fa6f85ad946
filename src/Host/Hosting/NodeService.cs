using DataLoad.Engine.Clustering;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Hosting;

/// <summary>Counts for as long as the host runs, once nothing speaks against a start. HTTP answers already meanwhile.</summary>
internal sealed class NodeService(ClusterNode node, IStore store, ILookup lookup, HostSettings settings) : BackgroundService
{
    /// <inheritdoc/>
    /// <exception cref="StartException">A server is there and refuses.</exception>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartCheck.RunAsync(store, lookup, new AmqpConnector(settings.Engine.Amqp), stoppingToken);
        await node.RunAsync(stoppingToken);
    }
}
