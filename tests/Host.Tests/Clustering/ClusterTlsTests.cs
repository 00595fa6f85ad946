using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using DataLoad.Engine.Clustering;
using DataLoad.Host.Hosting;
using DataLoad.Integration.Tests.EndToEnd;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Clustering;

/// <summary>Two actor systems with certificates: who is let in, and what is said of who is not.</summary>
public sealed class ClusterTlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ClusterSettings Local = new();

    private readonly string _directory = Directory.CreateTempSubdirectory("cluster-tls-").FullName;
    private readonly TestAuthority _authority;

    public ClusterTlsTests() => _authority = new TestAuthority(_directory, "ours");

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Nodes_with_certificates_of_the_CA_are_one_cluster()
    {
        await using Node first = Start(_authority.Issue());
        await using Node second = Start(_authority.Issue());
        await first.JoinAsync(first);

        await second.JoinAsync(first);

        first.Address.Protocol.ShouldBe("akka.ssl.tcp");
        Akka.Cluster.Cluster.Get(second.System).State.Members.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Who_shows_no_certificate_is_refused()
    {
        await using Node node = Start(_authority.Issue());

        await ShouldBeRefusedAsync(node, new SslClientAuthenticationOptions());

        await node.WaitForLogAsync("did not provide a certificate");
        await node.WaitForLogAsync("Rejected incoming connection");
    }

    [Fact]
    public async Task Who_shows_a_good_certificate_is_let_through()
    {
        ClusterTlsSettings files = _authority.Issue();
        await using Node node = Start(_authority.Issue());
        using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);

        (await SpeakAsync(node, new SslClientAuthenticationOptions { ClientCertificates = [certificate] }, TimeSpan.FromMilliseconds(300))).ShouldBe(SslProtocols.Tls12);
    }

    [Theory]
    [InlineData("-tls1_1", "Cipher is (NONE)")]
    [InlineData("-tls1_2", "Cipher is ECDHE-")]
    public async Task A_version_before_1_2_is_refused_by_who_is_dialled(string version, string said)
    {
        ClusterTlsSettings files = _authority.Issue();
        await using Node node = Start(_authority.Issue());

        // A client that itself would speak it: that of the runtime would not.
        using Process client = Process.Start(new ProcessStartInfo(
            "openssl",
            ["s_client", "-connect", $"127.0.0.1:{node.Address.Port}", version, "-cipher", "ALL@SECLEVEL=0", "-cert", files.Certificate, "-key", files.Key])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        client.StandardInput.Close();
        Task<string> errors = client.StandardError.ReadToEndAsync();

        (await client.StandardOutput.ReadToEndAsync()).ShouldContain(said, Case.Sensitive, await errors);
    }

    [Fact]
    public async Task A_node_with_a_certificate_of_another_CA_is_refused()
    {
        using var other = new TestAuthority(_directory, "other");
        await using Node node = Start(_authority.Issue());
        await using Node stranger = Start(TrustingBoth(other));

        await ShouldNotReachAsync(stranger, node.Echo());

        await node.WaitForLogAsync("its certificate (CN=node) is not one of this cluster's CA that holds now: PartialChain");
        await node.WaitForLogAsync("Rejected incoming connection");
        node.System.WhenTerminated.IsCompleted.ShouldBeFalse("who dials is at fault, not who is dialled");
    }

    [Fact]
    public async Task A_node_with_an_expired_certificate_is_refused()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        await using Node node = Start(_authority.Issue());
        ClusterTlsSettings expired = _authority.Issue(from: now.AddDays(-60), to: now.AddDays(-1));
        await using Node late = Node.Start(_directory, ClusterTls.Load(Local with { Tls = expired }, new Clock(now.AddDays(-30))), expired);

        await ShouldNotReachAsync(late, node.Echo());

        await node.WaitForLogAsync("is not one of this cluster's CA that holds now: NotTimeValid");
        await node.WaitForLogAsync("Rejected incoming connection");
    }

    [Fact]
    public async Task A_node_whose_certificate_names_another_host_is_not_spoken_to()
    {
        ClusterTlsSettings elsewhere = _authority.Issue("elsewhere");
        await using Node impostor = Node.Start(
            _directory, ClusterTls.Load(Local with { AdvertisedHostname = "elsewhere", Tls = elsewhere }, TimeProvider.System), elsewhere);
        await using Node node = Start(_authority.Issue());

        await ShouldNotReachAsync(node, impostor.Echo());

        await node.WaitForLogAsync("its certificate (CN=node) does not name the host that was dialled");

        // Akka's own answer to a failed handshake of who dials: ClusterNode makes the actor system anew, with growing waits.
        await node.System.WhenTerminated.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_node_that_is_dialled_and_shows_a_certificate_of_another_CA_is_not_spoken_to()
    {
        using var other = new TestAuthority(_directory, "other");
        await using Node impostor = Start(TrustingBoth(other));
        await using Node node = Start(_authority.Issue());

        await ShouldNotReachAsync(node, impostor.Echo());

        await node.WaitForLogAsync("its certificate (CN=node) is not one of this cluster's CA that holds now: PartialChain");
    }

    [Fact]
    public async Task The_commands_that_the_page_gives_make_certificates_that_a_CA_is_replaced_by()
    {
        await RunAsync(_directory, OperationsPage.Commands("the CA"));
        await RunAsync(_directory, OperationsPage.Commands("a node"));
        string renewed = Directory.CreateDirectory(Path.Combine(_directory, "new")).FullName;
        await RunAsync(renewed, OperationsPage.Commands("the CA"));
        await RunAsync(renewed, OperationsPage.Commands("a node").Replace("DNS:$NODE", "IP:127.0.0.1", StringComparison.Ordinal));
        await RunAsync(_directory, "cat ca.pem new/ca.pem > both.pem");
        string both = Path.Combine(_directory, "both.pem");
        var named = new ClusterSettings { Hostname = "0.0.0.0", AdvertisedHostname = "node-1.example", Tls = FilesIn(_directory) };

        ClusterTls? tls = ClusterStart.Check(named);

        ClusterStart.FindWarnings(named, tls).ShouldBeEmpty();
        Should.Throw<StartException>(() => ClusterStart.Check(named with { Tls = FilesIn(renewed) }));

        // One of the old CA and one of the new one, in the middle of the change.
        ClusterTlsSettings old = FilesIn(_directory) with { Ca = both };
        ClusterTlsSettings next = FilesIn(renewed) with { Ca = both };
        await using Node second = Node.Start(_directory, ClusterTls.Load(Local with { Tls = next }, TimeProvider.System), next);
        await using Node first = Node.Start(_directory, ClusterTls.Load(named with { Tls = old }, TimeProvider.System), old);
        ActorIdentity answer = await first.System.ActorSelection(second.Echo()).Ask<ActorIdentity>(new Identify(1), Patience);
        answer.Subject.ShouldNotBeNull();
    }

    /// <summary>A certificate of another CA, whose node takes those of this cluster's, so that it is not the first to refuse.</summary>
    private ClusterTlsSettings TrustingBoth(TestAuthority other)
    {
        string both = Path.Combine(_directory, "both.pem");
        File.WriteAllText(both, $"{File.ReadAllText(_authority.File)}\n{File.ReadAllText(other.File)}");
        return other.Issue() with { Ca = both };
    }

    private static ClusterTlsSettings FilesIn(string directory) => new(
        Path.Combine(directory, "node-1.example.pem"), Path.Combine(directory, "node-1.example.key"), Path.Combine(directory, "ca.pem"));

    private static async Task RunAsync(string directory, string commands)
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-e", "-c", commands]) { WorkingDirectory = directory, RedirectStandardError = true })!;
        string errors = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        shell.ExitCode.ShouldBe(0, errors);
    }

    private static async Task ShouldNotReachAsync(Node from, string echo)
    {
        // The question that fails where it should is no answer: only one that comes is at fault.
        Task<ActorIdentity> answer = from.System.ActorSelection(echo).Ask<ActorIdentity>(new Identify(1), TimeSpan.FromSeconds(4));
        Exception? error = await Record.ExceptionAsync(() => answer);

        (error is not null || answer.Result.Subject is null).ShouldBeTrue("the other side answered");
    }

    private async Task<SslProtocols> SpeakAsync(Node node, SslClientAuthenticationOptions options, TimeSpan patience)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(node.Address.Host, node.Address.Port!.Value);
        await using var stream = new SslStream(client.GetStream());
        options.TargetHost = node.Address.Host;
        using X509Certificate2 root = X509CertificateLoader.LoadCertificateFromFile(_authority.File);
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { root },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        await stream.AuthenticateAsClientAsync(options);

        // A node waits for what is said to it; one that refuses hangs up.
        using var wait = new CancellationTokenSource(patience);
        try
        {
            int read = await stream.ReadAsync(new byte[1], wait.Token);
            return read == 0 ? throw new IOException("The node hung up.") : stream.SslProtocol;
        }
        catch (OperationCanceledException)
        {
            return stream.SslProtocol;
        }
    }

    private async Task ShouldBeRefusedAsync(Node node, SslClientAuthenticationOptions options) =>
        (await Record.ExceptionAsync(() => SpeakAsync(node, options, TimeSpan.FromSeconds(30)))).ShouldNotBeNull().ShouldBeAssignableTo<Exception>();

    private Node Start(ClusterTlsSettings files) => Node.Start(_directory, ClusterTls.Load(Local with { Tls = files }, TimeProvider.System), files);

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
