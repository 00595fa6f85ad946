using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Host.Hocon;
using DataLoad.Host.Hosting;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Commands;
using DataLoad.Host.Tests.Hocon;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Clustering;

/// <summary>With which settings a node may start, and what is said of those that it may not start with.</summary>
public sealed class ClusterStartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cluster-start-").FullName;
    private readonly TestAuthority _authority;

    public ClusterStartTests() => _authority = new TestAuthority(_directory, "ours");

    public static TheoryData<string, string> Faults => new()
    {
        { "no certificate", "certificate = {certificate} cannot be read: " },
        { "no key", "key = {key} cannot be read: " },
        { "no ca", "ca = {ca} cannot be read: " },
        { "a folder", "ca = {ca} cannot be read: " },
        { "garbage certificate", "certificate = {certificate} holds no certificate in PEM. Give it the one that" },
        { "damaged certificate", "certificate = {certificate} holds no certificate in PEM. Give it the one that" },
        { "garbage key", "key = {key} holds no private key in PEM that needs no password. Give it the one of {certificate}." },
        { "key under a password", "key = {key} holds no private key in PEM that needs no password. " },
        { "damaged key", "key = {key} is damaged, or not the private key of dataload.cluster.tls.certificate = {certificate}. Give the key" },
        { "another's key", "key = {key} is damaged, or not the private key of dataload.cluster.tls.certificate = {certificate}. Give the key" },
        { "garbage ca", "ca = {ca} holds no certificate in PEM. Give it the one of the CA" },
        { "damaged ca", "ca = {ca} holds a certificate that is damaged. Copy it anew." },
        { "another ca", "certificate = {certificate} is no certificate for server and client that dataload.cluster.tls.ca = {ca} issued (PartialChain)." },
        { "servers only", "is no certificate for server and client that dataload.cluster.tls.ca = {ca} issued (NotValidForUsage). Issue it by that CA with" },
        { "expired", ", which is not now. Issue a new one, or correct this machine's clock." },
        { "not yet", ", which is not now. Issue a new one, or correct this machine's clock." },
        { "another name", "certificate = {certificate} does not name 10.1.2.3, which other nodes reach this one by. Issue it with that as subjectAltName" },
        { "another address", "certificate = {certificate} does not name 10.1.2.3, which other nodes reach this one by. Issue it with that as subjectAltName" },
    };

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("127.0.0.1", "", false, null)]
    [InlineData("127.1.2.3", "", false, null)]
    [InlineData("::1", "", false, null)]
    [InlineData("[::1]", "", false, null)]
    [InlineData("LocalHost", "", false, null)]
    [InlineData("127.0.0.1", "node-1", false, null)]
    [InlineData("10.1.2.3", "", true, null)]
    [InlineData("0.0.0.0", "node-1", true, null)]
    [InlineData("10.1.2.3", "", false, "dataload.cluster.hostname = 10.1.2.3 lets nodes in from beyond this machine")]
    [InlineData("node-1", "", false, "dataload.cluster.hostname = node-1 lets nodes in from beyond this machine")]
    [InlineData("localhost.example", "127.0.0.1", false, "dataload.cluster.hostname = localhost.example lets nodes in")]
    [InlineData("0.0.0.0", "node-1", false, "dataload.cluster.hostname = 0.0.0.0 lets nodes in from beyond this machine")]
    [InlineData("0.0.0.0", "", true, "dataload.cluster.hostname = 0.0.0.0 is all addresses of this machine")]
    [InlineData("::", "", true, "dataload.cluster.hostname = :: is all addresses of this machine")]
    [InlineData("[::]", "0.0.0.0", true, "dataload.cluster.hostname = [::] is all addresses of this machine")]
    public void A_node_beyond_this_machine_takes_certificates_or_a_word_and_a_name(string hostname, string advertised, bool insecure, string? refusal)
    {
        ClusterSettings settings = Bind(
            $"hostname = \"{hostname}\", advertised-hostname = \"{advertised}\", insecure = {(insecure ? "true" : "false")}").Engine.Cluster;

        (settings.Refusal is null).ShouldBe(refusal is null, settings.Refusal);
        settings.Refusal?.ShouldStartWith(refusal!);
    }

    [Theory]
    [InlineData("certificate", "a.pem", "key")]
    [InlineData("key", "a.key", "certificate")]
    [InlineData("ca", "ca.pem", "certificate")]
    public void The_files_of_certificates_go_together(string key, string value, string missing)
    {
        HoconException error = Should.Throw<HoconException>(() => Bind($"tls.{key} = \"{value}\""));

        error.Message.ShouldContain($"dataload.cluster.tls.{missing} is empty, and one of its neighbours is not");
    }

    [Fact]
    public void The_environment_names_the_files_and_TLS_is_on_where_they_are_named()
    {
        (string, string)[] environment =
            [("DATALOAD_CLUSTER_TLS_CERTIFICATE", "a.pem"), ("DATALOAD_CLUSTER_TLS_KEY", "a.key"), ("DATALOAD_CLUSTER_TLS_CA", "ca.pem")];
        HostSettings settings = SettingsBinder.Bind(SettingsLoader.Load([], HoconText.Env(environment)), Catalog.Default);

        settings.Engine.Cluster.Tls.ShouldBe(new ClusterTlsSettings("a.pem", "a.key", "ca.pem"));
        settings.Akka.Config.GetBoolean("akka.remote.dot-netty.tcp.enable-ssl").ShouldBeTrue();
        Bind("").Akka.Config.GetBoolean("akka.remote.dot-netty.tcp.enable-ssl").ShouldBeFalse();
    }

    [Fact]
    public async Task A_start_that_is_refused_ends_with_2_and_one_sentence()
    {
        string file = Write("cluster.hostname = 10.1.2.3");

        CommandRun run = await CommandRun.OfAsync("serve", "--config", file);

        run.Code.ShouldBe(2);
        run.Error.ShouldStartWith("dataload: dataload.cluster.hostname = 10.1.2.3 lets nodes in from beyond this machine, which takes certificates: set ");
        run.Error.TrimEnd().Split('\n').Length.ShouldBe(1, run.Error);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_ends_a_start_with_2_and_is_a_problem_of_a_check()
    {
        ClusterTlsSettings files = _authority.Issue("10.9.9.9");
        string file = Write($"cluster {{ hostname = 10.1.2.3, {TlsOf(files)} }}");

        CommandRun start = await CommandRun.OfAsync("serve", "--config", file);
        CommandRun check = await CommandRun.OfAsync("check", "--config", file);

        start.Code.ShouldBe(2);
        start.Error.TrimEnd().ShouldStartWith($"dataload: dataload.cluster.tls.certificate = {files.Certificate} does not name 10.1.2.3, ");
        start.Error.TrimEnd().Split('\n').Length.ShouldBe(1, start.Error);
        check.Output.ShouldContain($"problem  cluster: dataload.cluster.tls.certificate = {files.Certificate} does not name 10.1.2.3, ");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_file_that_cannot_be_used_is_named_with_its_setting_and_the_remedy(string fault, string sentence)
    {
        ClusterTlsSettings files = FilesWith(fault);

        string message = Should.Throw<StartException>(() => ClusterStart.Check(new ClusterSettings { Hostname = "10.1.2.3", Tls = files })).Message;

        message.ShouldStartWith("dataload.cluster.tls.");
        message.ShouldContain(sentence.Replace("{certificate}", files.Certificate, StringComparison.Ordinal)
            .Replace("{key}", files.Key, StringComparison.Ordinal).Replace("{ca}", files.Ca, StringComparison.Ordinal));
        message.ShouldEndWith(".");
        message.ShouldNotContain("BEGIN");
        message.ShouldNotContain('\n');
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3", "")]
    [InlineData("::ffff:1", "[::ffff:1]", "")]
    [InlineData("node-1.example", "0.0.0.0", "node-1.example")]
    [InlineData("*.example", "0.0.0.0", "node-1.example")]
    public void Certificates_that_are_right_are_taken(string named, string hostname, string advertised)
    {
        var settings = new ClusterSettings { Hostname = hostname, AdvertisedHostname = advertised, Tls = _authority.Issue(named) };

        ClusterTls? tls = ClusterStart.Check(settings);

        tls.ShouldNotBeNull().Setup.RequireMutualAuthentication.ShouldBeTrue();
        ClusterStart.FindWarnings(settings, tls).ShouldBeEmpty();
    }

    [Fact]
    public void A_CA_between_is_known_from_the_bundle()
    {
        using var between = new TestAuthority(_directory, "between", _authority);
        ClusterTlsSettings files = between.Issue("10.1.2.3");
        string bundle = Path.Combine(_directory, "bundle.pem");
        File.WriteAllText(bundle, $"{File.ReadAllText(_authority.File)}\n{File.ReadAllText(between.File)}\n");

        ClusterStart.Check(new ClusterSettings { Hostname = "10.1.2.3", Tls = files with { Ca = bundle } }).ShouldNotBeNull();
        Should.Throw<StartException>(() => ClusterStart.Check(new ClusterSettings { Hostname = "10.1.2.3", Tls = files with { Ca = _authority.File } }));
    }

    [Fact]
    public void What_a_node_may_start_with_and_should_not_is_warned_of()
    {
        ClusterTlsSettings files = _authority.Issue("10.1.2.3", to: DateTimeOffset.UtcNow.AddDays(29));
        TestAuthority.SetMode(files.Key, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        var secure = new ClusterSettings { Hostname = "10.1.2.3", Tls = files };
        var open = new ClusterSettings { Hostname = "10.1.2.3", Insecure = true };

        ClusterStart.FindWarnings(open, ClusterStart.Check(open)).ShouldHaveSingleItem()
            .ShouldStartWith("dataload.cluster.insecure = true: whoever reaches 10.1.2.3");
        string[] warnings = [.. ClusterStart.FindWarnings(secure, ClusterStart.Check(secure))];
        warnings.Length.ShouldBe(2);
        warnings[0].ShouldBe($"dataload.cluster.tls.key = {files.Key} is open to others than its owner: chmod 600.");
        warnings[1].ShouldStartWith($"dataload.cluster.tls.certificate = {files.Certificate} ends at ");
        ClusterStart.FindWarnings(new ClusterSettings { Insecure = true }, tls: null).ShouldBeEmpty("loopback");
    }

    internal static string TlsOf(ClusterTlsSettings files) =>
        $"tls {{ certificate = \"{files.Certificate}\", key = \"{files.Key}\", ca = \"{files.Ca}\" }}";

    private ClusterTlsSettings FilesWith(string fault)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        ClusterTlsSettings good = _authority.Issue("10.1.2.3");
        switch (fault)
        {
            case "no certificate": return good with { Certificate = Path.Combine(_directory, "none.pem") };
            case "no key": return good with { Key = Path.Combine(_directory, "none", "none.key") };
            case "no ca": return good with { Ca = Path.Combine(_directory, "none.pem") };
            case "a folder": return good with { Ca = _directory };
            case "another's key": return good with { Key = _authority.Issue("10.1.2.3").Key };
            case "another ca":
                using (var other = new TestAuthority(_directory, "other"))
                {
                    return good with { Ca = other.File };
                }

            case "servers only": return _authority.Issue("10.1.2.3", purposes: ["1.3.6.1.5.5.7.3.1"]);
            case "expired": return _authority.Issue("10.1.2.3", now.AddDays(-2), now.AddDays(-1));
            case "not yet": return _authority.Issue("10.1.2.3", now.AddDays(1), now.AddDays(2));
            case "another name": return _authority.Issue("node-2");
            case "another address": return _authority.Issue("10.1.2.4");
            case "garbage certificate": File.WriteAllText(good.Certificate, "garbage"); return good;
            case "garbage key": File.WriteAllText(good.Key, "garbage"); return good;
            case "key under a password":
                File.WriteAllText(good.Key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
                return good;
            case "damaged certificate": Damage(good.Certificate); return good;
            case "damaged key": Damage(good.Key); return good;
            default:
                string ca = Path.Combine(_directory, "copy.pem");
                File.Copy(good.Ca, ca);
                if (fault is "damaged ca")
                {
                    Damage(ca);
                }
                else
                {
                    File.WriteAllText(ca, "garbage");
                }

                return good with { Ca = ca };
        }
    }

    /// <summary>Takes a middle out of it, which leaves PEM.</summary>
    private static void Damage(string file)
    {
        List<string> lines = [.. File.ReadAllLines(file)];
        lines.RemoveAt(2);
        File.WriteAllLines(file, lines);
    }

    private HostSettings Bind(string cluster) => SettingsBinder.Bind(
        SettingsLoader.Load([Write($"cluster {{ {cluster} }}")], HoconText.NoEnvironment), Catalog.Default);

    private string Write(string settings)
    {
        string file = Path.Combine(_directory, "my.conf");
        File.WriteAllText(file, $$"""
            dataload { http.urls = "", amqp { url = "amqp://guest:guest@127.0.0.1:1/", connect-timeout = 1s }, store.connection = "{{_directory}}/dataload.db" }
            dataload { {{settings}} }
            """);
        return file;
    }
}
