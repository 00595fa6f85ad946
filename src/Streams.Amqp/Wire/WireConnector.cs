using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>Connects over TCP, and TLS where the endpoint says so. The host's name is checked, always.</summary>
internal sealed class WireConnector(AmqpConnectionSettings settings, TimeProvider time) : IAmqpConnector
{
    public async Task<IAmqpConnection> ConnectAsync(AmqpEndpoint endpoint, AmqpConnectionRole role, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(settings.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Stream? stream = null;
        try
        {
            stream = await DialAsync(endpoint, either.Token);
            return await WireConnection.OpenAsync(stream, settings, role, time, either.Token);
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (timeout.IsCancellationRequested)
            {
                throw new TimeoutException($"The broker at {endpoint} did not open a connection within {settings.ConnectTimeout}.", e);
            }

            int code = e is AmqpException refusal ? refusal.Code : 0;
            throw new AmqpException(e is AmqpException ? $"{endpoint}: {e.Message}" : $"The broker at {endpoint} cannot be reached: {e.Message}", code, e);
        }
    }

    private async Task<Stream> DialAsync(AmqpEndpoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(endpoint.Host, endpoint.Port), cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return endpoint.IsTls ? await SecureAsync(stream, endpoint, cancellationToken) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> SecureAsync(Stream stream, AmqpEndpoint endpoint, CancellationToken cancellationToken)
    {
        AmqpTlsSettings tls = settings.Tls;
        string name = tls.ServerName ?? endpoint.Host;
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        var options = new SslClientAuthenticationOptions { TargetHost = name };
        if (tls.CaFile is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy = policy;
            policy.CustomTrustStore.AddRange(Load("cacertfile", tls.CaFile, file =>
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(file);
                return authorities;
            }));
        }

        if (tls.CertificateFile is not null)
        {
            options.ClientCertificates = [Load("certfile", tls.CertificateFile, file => X509Certificate2.CreateFromPemFile(file, tls.KeyFile))];
        }

        try
        {
            await secure.AuthenticateAsClientAsync(options, cancellationToken);
            return secure;
        }
        catch (AuthenticationException e)
        {
            throw new AmqpException($"TLS with '{name}' failed: {e.Message}", cause: e);
        }
    }

    private static T Load<T>(string what, string file, Func<string, T> load)
    {
        try
        {
            return load(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new AmqpException($"The {what} '{file}' cannot be read as PEM: {e.Message}", cause: e);
        }
    }
}
