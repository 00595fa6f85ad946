using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>Connecting over a socket of this machine.</summary>
public sealed class WireConnectorTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly FakeBroker _broker = new();
    private readonly string _file = Path.GetTempFileName();

    public WireConnectorTests() => _listener.Start();

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up_after_the_timeout()
    {
        Task<IAmqpConnection> connecting = ConnectAsync(tls: false, FakeBroker.Settings, _broker.Time);
        using Socket accepted = await _listener.AcceptSocketAsync();
        await _broker.Time.AdvanceUntilAsync(() => connecting.IsCompleted, TimeSpan.FromSeconds(1));

        (await Should.ThrowAsync<TimeoutException>(connecting)).Message.ShouldContain("did not open a connection within 00:00:10");
    }

    [Fact]
    public async Task A_port_that_nobody_listens_at_is_named()
    {
        int port = Port;
        _listener.Stop();

        Task<IAmqpConnection> connecting = new WireConnector(FakeBroker.Settings, _broker.Time)
            .ConnectAsync(new AmqpEndpoint("127.0.0.1", port, IsTls: false), AmqpConnectionRole.Consuming, default);
        string error = (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).ToString();
        error.ShouldContain($"127.0.0.1:{port} cannot be reached");
        error.ShouldNotContain(FakeBroker.Password);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_a_socket_and_over_tls_deliveries_come_whether_few_or_many_at_once(bool tls)
    {
        using X509Certificate2 certificate = Certificate("127.0.0.1");
        await File.WriteAllTextAsync(_file, certificate.ExportCertificatePem());
        Task<IAmqpConnection> connecting = ConnectAsync(
            tls,
            FakeBroker.Settings with { ReadInterval = TimeSpan.FromMilliseconds(5), Tls = new AmqpTlsSettings { CaFile = _file } },
            TimeProvider.System);
        using Socket accepted = await _listener.AcceptSocketAsync();
        await using Stream stream = await ServeAsync();
        var broker = new FakeBroker(stream);
        await broker.AcceptAsync();
        await using IAmqpConnection connection = await connecting.WaitAsync(Patience);
        DeliveryRing ring = broker.Ring(prefetch: 2000);
        await broker.ConsumeAsync((WireConnection)connection, ring, prefetch: 2000);
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
        (await connection.Ended.WaitAsync(Patience)).Reason.ShouldContain("the broker");

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

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("elsewhere.example", true)]
    public async Task A_certificate_that_nobody_vouches_for_or_of_another_host_is_refused_before_the_login(string name, bool isTrusted)
    {
        using X509Certificate2 certificate = Certificate(name);
        await File.WriteAllTextAsync(_file, certificate.ExportCertificatePem());
        AmqpTlsSettings tls = new() { CaFile = isTrusted ? _file : null };
        Task<IAmqpConnection> connecting = ConnectAsync(tls: true, FakeBroker.Settings with { Tls = tls }, _broker.Time);
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

    [Fact]
    public async Task A_client_certificate_is_shown_and_a_file_that_is_missing_is_named()
    {
        using X509Certificate2 certificate = Certificate("127.0.0.1");
        using RSA key = certificate.GetRSAPrivateKey()!;
        await File.WriteAllTextAsync(_file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        var tls = new AmqpTlsSettings { CaFile = _file, CertificateFile = _file };
        Task<IAmqpConnection> connecting = ConnectAsync(tls: true, FakeBroker.Settings with { Tls = tls }, TimeProvider.System);
        using Socket accepted = await _listener.AcceptSocketAsync();
        await using var stream = new SslStream(new NetworkStream(accepted, ownsSocket: true), leaveInnerStreamOpen: false, (_, shown, _, _) => shown
            is not null);
        await stream.AuthenticateAsServerAsync(certificate, clientCertificateRequired: true, checkCertificateRevocation: false);
        stream.RemoteCertificate!.GetCertHashString().ShouldBe(certificate.Thumbprint);
        stream.Close();
        await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience));

        connecting = ConnectAsync(tls: true, FakeBroker.Settings with { Tls = new AmqpTlsSettings { CaFile = "/no/such/ca.pem" } }, TimeProvider.System);
        (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).Message.ShouldContain("cacertfile '/no/such/ca.pem'");
    }

    private static X509Certificate2 Certificate(string name)
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private Task<IAmqpConnection> ConnectAsync(bool tls, AmqpConnectionSettings settings, TimeProvider time) =>
        new WireConnector(settings, time).ConnectAsync(new AmqpEndpoint("127.0.0.1", Port, tls), AmqpConnectionRole.Consuming, default);
}
