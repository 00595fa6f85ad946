using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DataLoad.Integration.Tests.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A start that cannot work says so in one sentence and ends.</summary>
public sealed class StartTests
{
    [Fact]
    public Task A_key_that_does_not_exist_is_named() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        await ShouldRefuseAsync(scenario.LaunchHost("intake.prefetsch = 5"), "prefetsch");
        await ShouldRefuseAsync(scenario.LaunchHost("time-zone = \"Asia/Shangri-La\""), "time-zone");
    });

    [Fact]
    public Task A_server_that_refuses_the_login_is_named() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        var wrong = new NpgsqlConnectionStringBuilder(scenario.Store) { Password = "wrong" }.ConnectionString;
        await ShouldRefuseAsync(scenario.LaunchHost($"store.connection = \"{wrong}\""), "dataload.store.connection");
        await ShouldRefuseAsync(scenario.LaunchHost($"business.connection = \"{wrong}\""), "dataload.business.connection");
        var amqp = new UriBuilder(scenario.Amqp) { Password = "wrong" }.Uri;
        await ShouldRefuseAsync(scenario.LaunchHost($"amqp.url = \"{amqp}\""), "dataload.amqp.url");
        await ShouldRefuseAsync(scenario.LaunchHost($"amqp.url = \"{new Uri(new Uri(scenario.Amqp), "/no-such-vhost")}\""), "dataload.amqp.url");
    });

    [Fact]
    public Task A_port_that_is_taken_is_named() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await ShouldRefuseAsync(scenario.LaunchHost(port: port), $"127.0.0.1:{port}");
    });

    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task What_was_fixed_at_the_first_start_is_not_to_be_changed(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        var first = await scenario.StartHostAsync();
        await first.StopAsync();
        await ShouldRefuseAsync(scenario.LaunchHost("sharding.shards = 7"), "shards");
        await ShouldRefuseAsync(scenario.LaunchHost("time-zone = \"Europe/Berlin\""), "time-zone");
        var again = await scenario.StartHostAsync();
        await again.StopAsync();
        again.ExitCode.ShouldBe(0);
    });

    [Fact]
    public Task A_second_node_over_SQLite_is_refused_by_the_first_ones_name() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var first = await scenario.StartHostAsync();
        await ShouldRefuseAsync(scenario.LaunchHost(), "which one node uses at a time");
        (await first.GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK);
    });

    [Fact]
    public Task A_database_that_is_not_UTF_8_and_a_table_that_takes_topics_for_one_are_named_and_nothing_is_made() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        var builder = new NpgsqlConnectionStringBuilder(scenario.Store);
        var ascii = $"{builder.Database}_ascii";
        await TestDatabase.ExecuteAsync(scenario.Store, $"CREATE DATABASE {ascii} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        builder.Database = ascii;
        try
        {
            await ShouldRefuseAsync(scenario.LaunchHost($"store.connection = \"{builder.ConnectionString}\""), "has the encoding SQL_ASCII");
            (await TestDatabase.ExecuteAsync(builder.ConnectionString, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).ShouldBe(0L);
        }
        finally
        {
            await TestDatabase.ExecuteAsync(scenario.Store, $"DROP DATABASE {ascii} WITH (FORCE)");
        }

        await TestDatabase.ExecuteAsync(scenario.Store, "CREATE TABLE data_load_bear (topic_type char(64), topic_id int, stat_date date)");
        await ShouldRefuseAsync(scenario.LaunchHost(), "'data_load_bear' has a column 'topic_type' of type bpchar");
        (await TestDatabase.ExecuteAsync(scenario.Store, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).ShouldBe(1L);
    });

    [Fact]
    public Task A_store_file_that_a_node_uses_under_another_name_is_refused_by_a_start_and_named_by_a_check() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        await scenario.StartHostAsync();
        var link = scenario.PathOf("link.db");
        Process.Start("ln", [scenario.StoreFile, link]).WaitForExit();
        var second = scenario.LaunchHost($"store.connection = \"{link}\"");
        await ShouldRefuseAsync(second, "under another name");

        var check = await CommandProcess.RunOverAsync(scenario.Config, "check");
        check.ExitCode.ShouldBe(1);
        check.Output.ShouldContain("problem  store: A node runs over the file of SQLite");
        File.Exists($"{link}-wal").ShouldBeFalse("nothing is opened under the other name");

        await scenario.SendAsync(scenario.Generator.Next(200));
        await scenario.ShouldEqualTallyAsync();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task After_a_crash_a_store_file_is_used_under_the_name_that_has_its_log(bool isMounted) => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        // What has no identity counts again where a crash comes before its acknowledgement.
        scenario.Options = scenario.Options with { Unidentified = 0 };
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(200));
        await host.WaitForMetricAsync("dataload_events_total", 1);
        await host.KillAsync();
        string link = scenario.PathOf("link.db");
        await using MountedFile? store = isMounted ? await MountedFile.TryMountAsync(scenario.StoreFile, link) : null;
        Assert.SkipWhen(isMounted && store is null, "mounting a file takes root; a hard link is tested everywhere.");
        if (!isMounted)
        {
            Process.Start("ln", [scenario.StoreFile, link]).WaitForExit();
        }

        await ShouldRefuseAsync(scenario.LaunchHost($"store.connection = \"{link}\""), $"was last used under the name {scenario.StoreFile}");
        var check = await CommandProcess.RunOverAsync(scenario.Config, "check");
        check.ExitCode.ShouldBe(1, check.Said);
        check.Output.ShouldContain($"start once under that name, or, with nothing running over it, move {scenario.StoreFile}-wal to {link}-wal.");

        await scenario.StartHostAsync();
        await scenario.ShouldEqualTallyAsync();
    });

    /// <summary>It ended with an error, and with one sentence that says what is wrong.</summary>
    internal static async Task ShouldRefuseAsync(HostProcess host, string named)
    {
        await host.WaitForExitAsync();
        host.ExitCode.ShouldNotBe(0, host.Log);
        host.Errors.TrimEnd('\n').Split('\n').ShouldHaveSingleItem();
        host.Errors.ShouldStartWith("dataload: ");
        host.Errors.ShouldContain(named);
        host.Log.ShouldNotContain("   at ");
    }
}
