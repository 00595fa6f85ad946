using System.Net;
using DataLoad.Integration.Tests.EndToEnd;
using Npgsql;
using Xunit;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>Two nodes in networks of their own, each with a way to store and broker that is never cut, and one to the other that is.</summary>
public sealed class NetworkTests
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public Task Nodes_between_whom_packets_are_lost_go_on_as_one_of_them_and_are_whole_again_after(bool fromFounder, bool toFounder) =>
        Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
        {
            scenario.Options = scenario.Options with { Seed = 51, Unidentified = 0 };
            await using var founder = MakeOrSkip();
            await using var second = MakeOrSkip();
            var link = NetworkNamespace.Join(founder, second);
            await using var servers = new ServersOutside(scenario);
            var nodes = new NodeSet(scenario);
            Launch(link.One);
            await nodes.WaitUntilEvenAsync();
            Launch(link.Other);
            await nodes.WaitUntilEvenAsync();
            var sending = scenario.SendMixAsync(6_000, batchMessages: 250);
            if (fromFounder)
            {
                link.CutFromOne();
            }

            if (toFounder)
            {
                link.CutFromOther();
            }

            await nodes.WaitUntilOneGoesOnAsync();
            link.Heal();

            await sending;
            await nodes.WaitUntilEvenAsync();
            await scenario.ShouldBeExactAsync(crashed: true);

            void Launch((NetworkNamespace Network, IPAddress Address) at)
            {
                var port = HostProcess.FreePort();
                nodes.Launch(
                    $$"""
                    {{servers.SettingsFor(at.Network)}}
                    http { urls = "http://{{at.Network.Address}}:{{port}}", operator-token = "{{at.Network.Token}}" }
                    cluster { hostname = "{{at.Address}}", insecure = true }
                    """,
                    network: at.Network,
                    port: port);
            }
        });

    private static NetworkNamespace MakeOrSkip()
    {
        var (made, why) = NetworkNamespace.TryMake();
        Assert.SkipWhen(made is null, $"This machine has no network namespaces for its tests: {why}");
        return made!;
    }

    /// <summary>Databases and broker, which listen on this machine's loopback, for other networks.</summary>
    private sealed class ServersOutside(Scenario scenario) : IAsyncDisposable
    {
        private readonly List<Proxy> _proxies = [];

        public string SettingsFor(NetworkNamespace network)
        {
            var amqp = new Uri(scenario.Amqp);
            return $$"""
                amqp.url = "{{new UriBuilder(amqp) { Host = $"{network.Outside}", Port = PortTo(amqp.Host, amqp.Port) }.Uri}}"
                store.connection = "{{Through(scenario.Store)}}"
                business.connection = "{{Through(scenario.BusinessUrl)}}"
                """;

            string Through(string connection)
            {
                var server = new NpgsqlConnectionStringBuilder(connection);
                server.Port = PortTo(server.Host!, server.Port);
                server.Host = $"{network.Outside}";
                return server.ConnectionString;
            }

            int PortTo(string host, int port)
            {
                _proxies.Add(new Proxy(host, port, network.Outside));
                return _proxies[^1].Port;
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var proxy in _proxies)
            {
                await proxy.DisposeAsync();
            }
        }
    }
}
