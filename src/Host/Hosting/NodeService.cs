using System.Collections.Immutable;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Resolving;
using DataLoad.Host.Commands.Checking;
using DataLoad.Streams.Amqp;
using Npgsql;

namespace DataLoad.Host.Hosting;

/// <summary>Counts for as long as the host runs, once nothing speaks against a start. HTTP answers already meanwhile.</summary>
internal sealed class NodeService(ClusterNode node, IStore store, ILookup lookup, Catalog catalog, HostSettings settings, ILogger<NodeService> logger) : BackgroundService
{
    /// <exception cref="StartException">A server is there and refuses.</exception>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartCheck.RunAsync(store, catalog, lookup, settings.Engine.Amqp.ToConnectionSettings(), logger, stoppingToken);
        await node.RunAsync(stoppingToken);
    }
}

/// <summary>Tells a start that cannot work from one that may have to wait: a server that refuses the login stays so, while one that is away may come.</summary>
internal static class StartCheck
{
    /// <exception cref="StartException">A server is there and refuses.</exception>
    public static async Task RunAsync(
        IStore store, Catalog catalog, ILookup lookup, AmqpConnectionSettings broker, ILogger logger, CancellationToken cancellationToken)
    {
        await CheckDatabaseAsync(store.Name, "dataload.store.connection", token => CheckStoreAsync(store, catalog.Pages, logger, token), cancellationToken);
        await CheckDatabaseAsync(lookup.Name, "dataload.business.connection", token => CheckLookupAsync(lookup, token), cancellationToken);
        await CheckBrokerAsync(broker, cancellationToken);
    }

    private static async Task CheckBrokerAsync(AmqpConnectionSettings broker, CancellationToken cancellationToken)
    {
        try
        {
            await using var connections = new AmqpConnections(broker with { Name = $"{broker.Name} check" });
            await connections.GetAsync(AmqpConnectionRole.Declaring, cancellationToken);
        }
        catch (AmqpException e) when (e.Code is FailureText.LoginRefused or FailureText.VhostRefused)
        {
            throw new StartException($"The broker at {broker.SafeName} {FailureText.OfBroker(e, broker.UserName)}");
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // Away: the intake says so, and goes on trying.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>First of all: of a SQLite file that is used under another name nothing is to be opened.</summary>
    private static async ValueTask CheckStoreAsync(IStore store, ImmutableArray<Page> pages, ILogger logger, CancellationToken cancellationToken)
    {
        if (await store.CheckDatabaseAsync(pages, cancellationToken) is { } unfit)
        {
            throw new StartException(unfit);
        }

        await store.PingAsync(cancellationToken);
        foreach (string warning in await store.FindWarningsAsync(pages, cancellationToken))
        {
            HostLog.StoreWarning(logger, warning);
        }
    }

    private static async ValueTask CheckLookupAsync(ILookup lookup, CancellationToken cancellationToken)
    {
        if (await lookup.CheckDatabaseAsync(cancellationToken) is { } unfit)
        {
            throw new StartException(unfit);
        }

        await lookup.PingAsync(cancellationToken);
    }

    private static async Task CheckDatabaseAsync(string name, string setting, Func<CancellationToken, ValueTask> ping, CancellationToken cancellationToken)
    {
        try
        {
            await ping(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState.StartsWith("28", StringComparison.Ordinal)
            || e.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege
            || (e.SqlState is PostgresErrorCodes.ProtocolViolation && e.MessageText.StartsWith("no such ", StringComparison.Ordinal)))
        {
            throw new StartException($"{name} refuses: {e.MessageText}. Correct {setting}, or the rights of its user.");
        }
        catch (Exception e) when (e is System.Data.Common.DbException or StoreException or TimeoutException or IOException)
        {
            // Away, or a file that is yet to be made: the node says so, and goes on trying.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>The program cannot do what it was asked to; the message says why and what to do about it.</summary>
public sealed class StartException(string message) : Exception(message);
