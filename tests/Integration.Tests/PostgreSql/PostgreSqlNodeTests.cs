using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlNodeTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_node_whose_process_ended_is_gone_before_its_time_is_up()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore next = TestDatabase.Open(connectionString, "next-1");
        await using (SqlStore dead = TestDatabase.Open(connectionString, "dead-1"))
        {
            (await dead.Nodes.EnterAsync(Some.Place("dead-1"), Some.Long, Some.None)).IsFounder.ShouldBeTrue();
            NodeEntry entry = await next.Nodes.EnterAsync(Some.Place("next-1"), Some.Long, Some.None);
            entry.IsFounder.ShouldBeFalse();
            entry.Others.ShouldBe([new NodePresence(Some.Place("dead-1"), HasJoined: true)]);
        }

        await Some.UntilAsync(async () => (await next.Nodes.ListAsync(Some.None)).Count == 1);
        (await next.Nodes.EnterAsync(Some.Place("next-1"), Some.Long, Some.None)).IsFounder.ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_frozen_inside_a_transaction_cannot_hold_up_who_takes_its_Partitions_over()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore old = TestDatabase.Open(connectionString, "old-2");
        await old.Nodes.EnterAsync(Some.Place("old-2"), Some.Long, Some.None);
        await old.Partitions.RaiseEpochAsync(1, 1, Some.None);
        await using NpgsqlConnection frozen = await FreezeAsync(connectionString, "dataload:old-2");
        await using SqlStore next = TestDatabase.Open(connectionString, "next-2");

        (await next.Nodes.ExpelAsync(Some.Place("old-2").ClusterAddress, Some.Place("old-2").Uid, Some.None)).ShouldBeNull();

        (await next.Partitions.RaiseEpochAsync(1, 2, Some.None)).ShouldBeTrue();
        await using (var command = new NpgsqlCommand("COMMIT", frozen))
        {
            await Should.ThrowAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync());
        }

        // The old owner wakes: its sessions are gone, new ones find that it was expelled, and that its Epoch is stale.
        (await Some.AnswerAsync(() => old.Nodes.RenewAsync("old-2", hasJoined: true, Some.Long, Some.None))).ShouldBeNull();
        (await Some.AnswerAsync(() => old.Snapshots.SaveAsync([new SnapshotWrite(1, 1, SnapshotKind.Counter, [1], 1, [1])], Some.None))).ShouldBe([1]);
    }

    [Fact]
    public async Task A_role_without_the_right_to_end_sessions_says_so_and_what_helps()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore old = TestDatabase.Open(connectionString, "old-6");
        await old.Nodes.EnterAsync(Some.Place("old-6"), Some.Long, Some.None);
        await using TestRole role = await TestRole.CreateAsync(connectionString, "ALL");
        await using SqlStore next = TestDatabase.Open(role.ConnectionString, "next-6");

        (await next.Nodes.ExpelAsync(Some.Place("old-6").ClusterAddress, Some.Place("old-6").Uid, Some.None))!.ShouldContain("pg_signal_backend");

        (await old.Nodes.RenewAsync("old-6", hasJoined: true, Some.Long, Some.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Nodes_are_listed_with_no_right_but_to_read()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore owner = TestDatabase.Open(connectionString, "owner-7");
        await owner.Nodes.EnterAsync(Some.Place("owner-7"), Some.Long, Some.None);
        await using TestRole role = await TestRole.CreateAsync(connectionString, "SELECT");
        await using SqlStore command = TestDatabase.Open(role.ConnectionString);

        (await command.Nodes.ListAsync(Some.None)).ShouldBe([new NodePresence(Some.Place("owner-7"), HasJoined: true)]);
        (await command.CheckSchemaAsync(Some.None)).ShouldBeNull();
        await command.MigrateAsync(Some.None);
    }

    [Fact]
    public async Task Nodes_with_names_that_no_session_can_bear_are_told_apart()
    {
        string connectionString = await MigratedAsync();
        string common = new('n', 80);
        await using SqlStore stays = TestDatabase.Open(connectionString, $"{common}é1");
        await stays.Nodes.EnterAsync(Some.Place($"{common}é1"), Some.Long, Some.None);
        await using (SqlStore goes = TestDatabase.Open(connectionString, $"{common}é2"))
        {
            await goes.Nodes.EnterAsync(Some.Place($"{common}é2"), Some.Long, Some.None);
            (await stays.Nodes.ListAsync(Some.None)).Count.ShouldBe(2);
        }

        await Some.UntilAsync(async () => (await stays.Nodes.ListAsync(Some.None)).Count == 1);
        (await stays.Nodes.ListAsync(Some.None)).Single().Node.Id.ShouldBe($"{common}é1");
    }

    [Fact]
    public async Task A_server_that_ends_all_sessions_forgets_nobody_who_renews()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore store = TestDatabase.Open(connectionString, "lives-8");
        NodeEntry entry = await store.Nodes.EnterAsync(Some.Place("lives-8"), Some.Long, Some.None);
        await TestDatabase.ExecuteAsync(
            connectionString, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dataload:lives-8'");
        await using SqlStore other = TestDatabase.Open(connectionString, "other-8");
        await Some.UntilAsync(async () => (await other.Nodes.ListAsync(Some.None)).Count == 0);

        (await Some.AnswerAsync(() => store.Nodes.RenewAsync("lives-8", hasJoined: true, Some.Long, Some.None))).ShouldBe(entry.Generation);

        (await other.Nodes.ListAsync(Some.None)).Single().Node.Id.ShouldBe("lives-8");
    }

    private static async Task<NpgsqlConnection> FreezeAsync(string connectionString, string applicationName)
    {
        NpgsqlConnection frozen = await TestDatabase.ConnectAsync(connectionString, applicationName);
        await using var command = new NpgsqlCommand("BEGIN; SELECT FROM dataload_partition FOR SHARE", frozen);
        await command.ExecuteNonQueryAsync();
        return frozen;
    }

    private async Task<string> MigratedAsync()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        return connectionString;
    }
}
