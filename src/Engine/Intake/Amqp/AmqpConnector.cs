using System.Net.Security;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>Makes connections to the broker. Recovery is the engine's own: a lost channel's tags mean nothing to the next.</summary>
public sealed class AmqpConnector
{
    // The broker refuses messages beyond 512 MiB itself; a lower bound here would end the connection over one message.
    private const uint MaxInboundBytes = 1024 * 1024 * 1024;

    private readonly ConnectionFactory _factory;
    private readonly Func<string, CancellationToken, Task<IConnection>> _connect;

    /// <summary>Makes a connector.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="connect">Makes a connection under a name, in the client library's place; null for the library itself.</param>
    /// <exception cref="FormatException">The URL is not one of a broker.</exception>
    public AmqpConnector(AmqpSettings settings, Func<string, CancellationToken, Task<IConnection>>? connect = null)
    {
        Settings = settings;
        _connect = connect ?? ((name, token) => _factory!.CreateConnectionAsync(name, token));
        try
        {
            _factory = new ConnectionFactory
            {
                Uri = new Uri(settings.Url),
                AutomaticRecoveryEnabled = false,
                TopologyRecoveryEnabled = false,
                RequestedConnectionTimeout = settings.ConnectTimeout,
                HandshakeContinuationTimeout = settings.ConnectTimeout,
                ContinuationTimeout = settings.ConnectTimeout,
                RequestedHeartbeat = settings.Heartbeat,
                MaxInboundMessageBodySize = MaxInboundBytes,
            };
        }
        catch (Exception e) when (e is UriFormatException or ArgumentException)
        {
            // The client's own message quotes user and password.
            throw new FormatException($"dataload.amqp.url is not a broker's URL ({e.GetType().Name}): expected amqp://user:password@host:port/vhost or amqps://…, with : @ / % in user, password and vhost written as %3A %40 %2F %25.");
        }

        if (_factory.Ssl.Enabled)
        {
            _factory.Ssl.AcceptablePolicyErrors = SslPolicyErrors.None;
        }
    }

    /// <summary>The settings.</summary>
    public AmqpSettings Settings { get; }

    /// <summary>The user that connections are made as.</summary>
    public string UserName => _factory.UserName;

    /// <summary>Connects, under a name that the broker shows.</summary>
    public async Task<IConnection> ConnectAsync(string purpose, CancellationToken cancellationToken)
    {
        IConnection connection = await _connect($"dataload {purpose}", cancellationToken).ConfigureAwait(false);
        try
        {
            // The client does not wait for the broker's word on the vhost; the first channel does.
            await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
