using System.Net.Security;
using DataLoad.Engine.Intake.Amqp.Library;
using DataLoad.Engine.Intake.Amqp.Wire;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>Makes connections to the broker. Recovery is the engine's own: a lost channel's tags mean nothing to the next.</summary>
public sealed class AmqpConnector
{
    /// <summary>What a broker's URL looks like, for messages.</summary>
    public const string ExpectedUrl = "amqp://user:password@host:port/vhost or amqps://…, with : @ / % in user, password and vhost written as %3A %40 %2F %25";

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
        ConsumesDirectly = settings.DirectConsuming && connect is null;
        _connect = connect ?? ((name, token) => _factory!.CreateConnectionAsync(name, token));
        _factory = FactoryOf(settings.Url) ?? throw new FormatException($"dataload.amqp.url is not a broker's URL: expected {ExpectedUrl}.");
        _factory.AutomaticRecoveryEnabled = false;
        _factory.TopologyRecoveryEnabled = false;
        _factory.RequestedConnectionTimeout = settings.ConnectTimeout;
        _factory.HandshakeContinuationTimeout = settings.ConnectTimeout;
        _factory.ContinuationTimeout = settings.ConnectTimeout;
        _factory.RequestedHeartbeat = settings.Heartbeat;
        _factory.MaxInboundMessageBodySize = MaxInboundBytes;
        if (_factory.Ssl.Enabled)
        {
            _factory.Ssl.AcceptablePolicyErrors = SslPolicyErrors.None;
        }
    }

    /// <summary>The settings.</summary>
    public AmqpSettings Settings { get; }

    /// <summary>Whether streams are consumed by the engine's own reader.</summary>
    internal bool ConsumesDirectly { get; }

    /// <summary>The user that connections are made as.</summary>
    public string UserName => _factory.UserName;

    /// <summary>Whether a text is a broker's URL.</summary>
    public static bool IsUrl(string text) => FactoryOf(text) is not null;

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

    /// <summary>Makes what streams are consumed over.</summary>
    /// <param name="purpose">The name that the broker shows of a connection of its own.</param>
    /// <param name="library">The client library's connection, used where it consumes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<IConsumingConnection> ConsumeAsync(string purpose, IConnection library, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!ConsumesDirectly)
        {
            return new LibraryConnection(library);
        }

        var options = new WireOptions
        {
            Name = $"dataload {purpose}",
            UserName = _factory.UserName,
            Password = _factory.Password,
            VirtualHost = _factory.VirtualHost,
            ConnectTimeout = Settings.ConnectTimeout,
            Heartbeat = Settings.Heartbeat,
            MaxBodyBytes = MaxInboundBytes,
            RoomPatience = Settings.RoomPatience,
            ReadInterval = Settings.ReadInterval,
            Time = time,
        };
        return await WireDialer.ConnectAsync(_factory.Endpoint, options, cancellationToken).ConfigureAwait(false);
    }

    private static ConnectionFactory? FactoryOf(string url)
    {
        try
        {
            return new ConnectionFactory { Uri = new Uri(url) };
        }
        catch (Exception e) when (e is UriFormatException or ArgumentException)
        {
            // The client's own message quotes user and password.
            return null;
        }
    }
}
