using DataLoad.Engine.Clustering;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Resolving;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Host.Hosting;

/// <summary>Counts for as long as the host runs, once nothing speaks against a start. HTTP answers already meanwhile.</summary>
internal sealed class NodeService(ClusterNode node, IStore store, ILookup lookup, HostSettings settings, ILogger<NodeService> logger) : BackgroundService
{
    /// <exception cref="StartException">A server is there and refuses.</exception>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartCheck.RunAsync(store, lookup, new AmqpConnector(settings.Engine.Amqp), logger, stoppingToken);
        await node.RunAsync(stoppingToken);
    }
}

/// <summary>Tells a start that cannot work from one that may have to wait: a server that refuses the login stays so, while one that is away may come.</summary>
internal static class StartCheck
{
    /// <exception cref="StartException">A server is there and refuses.</exception>
    public static async Task RunAsync(IStore store, ILookup lookup, AmqpConnector connector, ILogger logger, CancellationToken cancellationToken)
    {
        await CheckDatabaseAsync(store.Name, "dataload.store.connection", token => CheckStoreAsync(store, logger, token), cancellationToken);
        await CheckDatabaseAsync(lookup.Name, "dataload.business.connection", token => CheckLookupAsync(lookup, token), cancellationToken);
        try
        {
            await using IConnection connection = await connector.ConnectAsync("check", cancellationToken);
        }
        catch (BrokerUnreachableException e) when (e.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException)
        {
            throw new StartException($"The broker at {connector.Settings.SafeName} refuses the login as '{connector.UserName}': correct user and password in "
                + "dataload.amqp.url.");
        }
        catch (Exception e) when (ReasonOf(e) is { ReplyCode: Constants.NotAllowed })
        {
            throw new StartException($"The broker at {connector.Settings.SafeName} refuses: {ReasonOf(e)!.ReplyText}. Correct the vhost in dataload.amqp.url.");
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or TimeoutException)
        {
            // Away: the intake says so, and goes on trying.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static ShutdownEventArgs? ReasonOf(Exception e) =>
        (e as OperationInterruptedException ?? e.InnerException as OperationInterruptedException)?.ShutdownReason;

    /// <summary>First of all: of a SQLite file that is used under another name nothing is to be opened.</summary>
    private static async ValueTask CheckStoreAsync(IStore store, ILogger logger, CancellationToken cancellationToken)
    {
        if (await store.CheckDatabaseAsync(Catalog.Default.Pages, cancellationToken) is { } unfit)
        {
            throw new StartException(unfit);
        }

        await store.PingAsync(cancellationToken);
        foreach (string warning in await store.FindWarningsAsync(Catalog.Default.Pages, cancellationToken))
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
