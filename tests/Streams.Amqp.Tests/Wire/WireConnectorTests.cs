using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DataLoad.Streams.Amqp.Wire;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>Connecting over a socket of this machine.</summary>
public sealed class WireDialerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly FakeBroker _broker = new();

    public WireDialerTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_after_the_timeout()
    {
        Task<WireConnection> connecting = WireDialer.ConnectAsync(Endpoint(tls: false), _broker.Options, default);
        using Socket accepted = await _listener.AcceptSocketAsync();
        await _broker.Time.AdvanceUntilAsync(() => connecting.IsCompleted, TimeSpan.FromSeconds(1));

        (await Should.ThrowAsync<TimeoutException>(connecting)).Message.ShouldContain("did not open a connection within 00:00:10");
    }

    [Fact]
    public async Task A_port_that_nobody_listens_at_is_named()
    {
        AmqpTcpEndpoint endpoint = Endpoint(tls: false);
        _listener.Stop();

        string error = (await Should.ThrowAsync<AmqpException>(WireDialer.ConnectAsync(endpoint, _broker.Options, default).WaitAsync(Patience))).ToString();
        error.ShouldContain($"127.0.0.1:{endpoint.Port} cannot be reached");
        error.ShouldNotContain(FakeBroker.Password);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_a_socket_and_over_tls_deliveries_come_whether_few_or_many_at_once(bool tls)
    {
        using X509Certificate2 certificate = Certificate();
        AmqpTcpEndpoint endpoint = Endpoint(tls);
        endpoint.Ssl.AcceptablePolicyErrors = SslPolicyErrors.RemoteCertificateChainErrors;
        Task<WireConnection> connecting = WireDialer.ConnectAsync(endpoint, FakeBroker.OptionsOf(TimeProvider.System, readInterval: TimeSpan.FromMilliseconds(5)), default);
        using Socket accepted = await _listener.AcceptSocketAsync();
        await using Stream stream = await ServeAsync();
        var broker = new FakeBroker(stream);
        await broker.AcceptAsync();
        await using WireConnection connection = await connecting.WaitAsync(Patience);
        DeliveryRing ring = broker.Ring(prefetch: 2000);
        await broker.ConsumeAsync(connection, ring);
        ulong tag = 0;
        foreach (int count in (int[])[1, 1, 600, 1, 3])
        {
            byte[][] bodies = [.. Enumerable.Range(0, count).Select(i => Enumerable.Repeat((byte)i, 1000 + i).ToArray())];
            Task sending = Task.Run(() => broker.Send([.. bodies.Select((body, i) => FakeBroker.Message(tag + (ulong)i + 1, body))]));

            (await broker.TakeAsync(ring, count)).Select(delivery => delivery.Body).ShouldBe(bodies);
            await sending;
            tag += (ulong)count;
        }

        stream.Close();
        (await connection.Ended.WaitAsync(Patience)).ShouldContain("the broker");

        async Task<Stream> ServeAsync()
        {
            var plain = new NetworkStream(accepted, ownsSocket: true);
            if (!tls)
            {
                return plain;
            }

            var secure = new SslStream(plain);
            await secure.AuthenticateAsServerAsync(certificate);
            return secure;
        }
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_before_the_login()
    {
        using X509Certificate2 certificate = Certificate();
        Task<WireConnection> connecting = WireDialer.ConnectAsync(Endpoint(tls: true), _broker.Options, default);
        using Socket accepted = await _listener.AcceptSocketAsync();
        await using var stream = new SslStream(new NetworkStream(accepted));
        var said = new byte[8];
        Task<int> heard = ServeAsync();

        (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).Message.ShouldContain("TLS with '127.0.0.1' failed");
        (await heard.WaitAsync(Patience)).ShouldBe(0);

        async Task<int> ServeAsync()
        {
            try
            {
                await stream.AuthenticateAsServerAsync(certificate);
                return await stream.ReadAsync(said);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                return 0;
            }
        }
    }

    private static X509Certificate2 Certificate()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private AmqpTcpEndpoint Endpoint(bool tls)
    {
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        return new AmqpTcpEndpoint("127.0.0.1", port, new SslOption("127.0.0.1", enabled: tls));
    }
}
