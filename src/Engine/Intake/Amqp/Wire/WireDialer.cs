using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>Connects to a broker over TCP, and TLS where its URL says so, by the rules that the client library was given.</summary>
internal static class WireDialer
{
    /// <summary>Connects and opens the connection, all within the connect timeout.</summary>
    /// <exception cref="IOException">The broker cannot be reached, or refuses.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public static async Task<WireConnection> ConnectAsync(AmqpTcpEndpoint endpoint, WireOptions options, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Stream? stream = null;
        try
        {
            stream = await DialAsync(endpoint, either.Token).ConfigureAwait(false);
            return await WireConnection.OpenAsync(stream, options, either.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (timeout.IsCancellationRequested)
            {
                throw new TimeoutException($"The broker at {endpoint.HostName}:{endpoint.Port} did not open a connection within {options.ConnectTimeout}.", e);
            }

            throw e is WireException ? e : new WireException($"The broker at {endpoint.HostName}:{endpoint.Port} cannot be reached: {e.Message}", e);
        }
    }

    private static async Task<Stream> DialAsync(AmqpTcpEndpoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(endpoint.HostName, endpoint.Port), cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return endpoint.Ssl.Enabled ? await SecureAsync(stream, endpoint.Ssl, cancellationToken).ConfigureAwait(false) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> SecureAsync(Stream stream, SslOption ssl, CancellationToken cancellationToken)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = ssl.ServerName,
                    EnabledSslProtocols = ssl.Version,
                    RemoteCertificateValidationCallback = ssl.CertificateValidationCallback
                        ?? ((_, _, _, errors) => (errors & ~ssl.AcceptablePolicyErrors) == SslPolicyErrors.None),
                },
                cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch (AuthenticationException e)
        {
            throw new WireException($"TLS with '{ssl.ServerName}' failed: {e.Message}", e);
        }
    }
}
