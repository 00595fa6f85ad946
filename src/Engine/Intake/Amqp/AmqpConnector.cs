using System.Net.Security;
using DataLoad.Streams.Amqp;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Engine.Intake.Amqp;

/// <summary>Makes connections to the broker for what people do by hand: looking at dead letters, checking, publishing samples. Streams are consumed over
/// <see cref="AmqpConnections"/>.</summary>
public sealed class AmqpConnector
{
    // The broker refuses messages beyond 512 MiB itself; a lower bound here would end the connection over one message.
    private const uint MaxInboundBytes = 1024 * 1024 * 1024;

    private readonly ConnectionFactory _factory;
    private readonly IReadOnlyList<AmqpTcpEndpoint> _endpoints;

    /// <summary>Makes a connector.</summary>
    /// <exception cref="FormatException">The URL is not one of a broker.</exception>
    public AmqpConnector(AmqpSettings settings)
    {
        Settings = settings;
        AmqpConnectionSettings broker = settings.ToConnectionSettings();
        _factory = new ConnectionFactory
        {
            UserName = broker.UserName,
            Password = broker.Password,
            VirtualHost = broker.VirtualHost,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = settings.ConnectTimeout,
            HandshakeContinuationTimeout = settings.ConnectTimeout,
            ContinuationTimeout = settings.ConnectTimeout,
            RequestedHeartbeat = settings.Heartbeat,
            MaxInboundMessageBodySize = MaxInboundBytes,
        };
        _endpoints = [.. broker.Endpoints.Select(endpoint => new AmqpTcpEndpoint(endpoint.Host, endpoint.Port, TlsOf(endpoint, broker.Tls), MaxInboundBytes))];
    }

    /// <summary>The settings.</summary>
    public AmqpSettings Settings { get; }

    /// <summary>The user that connections are made as.</summary>
    public string UserName => _factory.UserName;

    /// <summary>Connects to the first host that answers, under a name that the broker shows.</summary>
    public async Task<IConnection> ConnectAsync(string purpose, CancellationToken cancellationToken)
    {
        IConnection connection = await _factory.CreateConnectionAsync(_endpoints, $"dataload {purpose}", cancellationToken);
        try
        {
            // The client does not wait for the broker's word on the vhost; the first channel does.
            await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static SslOption TlsOf(AmqpEndpoint endpoint, AmqpTlsSettings tls) =>
        new(tls.ServerName ?? endpoint.Host, enabled: endpoint.IsTls) { AcceptablePolicyErrors = SslPolicyErrors.None };
}

/// <summary>Closes connections without waiting long for a broker that may be gone.</summary>
internal static partial class AmqpClosing
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public static async Task CloseAsync(IConnection connection, ILogger logger)
    {
        try
        {
            if (connection.IsOpen)
            {
                await connection.CloseAsync(Constants.ReplySuccess, "done", Timeout, abort: true, CancellationToken.None);
            }

            await connection.DisposeAsync();
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
            CloseFailed(logger, e.Message);
        }
    }

    [LoggerMessage(5020, LogLevel.Debug, "Closing a connection that was lost: {Error}")]
    private static partial void CloseFailed(ILogger logger, string error);
}
