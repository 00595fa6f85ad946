using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlLeaseTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Expire = "UPDATE dataload_node SET lease_until = now() - interval '1 s' WHERE node_id = ";

    [Fact]
    public async Task A_node_whose_process_ended_is_replaced_before_its_time_is_up()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore next = TestDatabase.Open(connectionString, "next-1");
        long epoch;
        await using (SqlStore dead = TestDatabase.Open(connectionString, "dead-1"))
        {
            epoch = await Some.EpochAsync(dead, "dead-1", 1);
            LeaseAttempt held = await next.Leases.AcquireAsync(Some.Node("next-1"), [1], Some.Long, Some.None);
            held.Granted.ShouldBeEmpty();
            held.HeldBy.ShouldBe(Some.Node("dead-1"));
            (await next.Leases.FindOwnerAsync(Some.None)).ShouldBe(Some.Node("dead-1"));
        }

        await Some.UntilAsync(async () => await next.Leases.FindOwnerAsync(Some.None) is null);
        (await Some.EpochAsync(next, "next-1", 1)).ShouldBe(epoch + 1);
        (await next.Leases.FindOwnerAsync(Some.None)).ShouldBe(Some.Node("next-1"));
    }

    [Fact]
    public async Task A_node_frozen_inside_a_transaction_cannot_hold_up_its_takeover()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore old = TestDatabase.Open(connectionString, "old-2");
        long epoch = await Some.EpochAsync(old, "old-2", 1);
        await using NpgsqlConnection frozen = await TestDatabase.ConnectAsync(connectionString, "dataload:old-2");
        await using (var command = new NpgsqlCommand("BEGIN; SELECT FROM dataload_partition FOR SHARE", frozen))
        {
            await command.ExecuteNonQueryAsync();
        }

        await TestDatabase.ExecuteAsync(connectionString, $"{Expire}'old-2'");
        await using SqlStore next = TestDatabase.Open(connectionString, "next-2");
        (await Some.EpochAsync(next, "next-2", 1)).ShouldBe(epoch + 1);

        await using (var command = new NpgsqlCommand("COMMIT", frozen))
        {
            await Should.ThrowAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync());
        }

        // The old owner wakes: its sessions are gone, and new ones find that its epoch is.
        await Should.ThrowAsync<NpgsqlException>(() => old.Leases.RenewAsync("old-2", Some.Long, Some.None).AsTask());
        (await old.Leases.RenewAsync("old-2", Some.Long, Some.None)).ShouldBeEmpty();
        IReadOnlyList<int>? refused = null;
        for (int i = 0; i < 2 && refused is null; i++)
        {
            try
            {
                refused = await old.Snapshots.SaveAsync(
                    [new SnapshotWrite(1, epoch, SnapshotKind.Counter, [1], 1, [1])], Some.None);
            }
            catch (NpgsqlException e) when (e.IsTransient)
            {
                // The pooled connection was ended, too.
            }
        }

        refused.ShouldBe([1]);
        (await next.Leases.RenewAsync("next-2", Some.Long, Some.None)).Single().Epoch.ShouldBe(epoch + 1);
    }

    [Fact]
    public async Task A_node_that_renews_in_time_keeps_its_shards_and_others_take_only_free_ones()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore first = TestDatabase.Open(connectionString, "first-3");
        await using SqlStore second = TestDatabase.Open(connectionString, "second-3");
        await first.Leases.AcquireAsync(Some.Node("first-3"), [1, 2], Some.Long, Some.None);

        LeaseAttempt attempt = await second.Leases.AcquireAsync(Some.Node("second-3"), [1, 2, 3], Some.Long, Some.None);

        attempt.Granted.Select(lease => lease.Shard).ShouldBe([3]);
        attempt.HeldBy!.Id.ShouldBe("first-3");
        (await first.Leases.RenewAsync("first-3", Some.Long, Some.None)).Select(lease => lease.Shard).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_lease_that_its_node_acquires_again_has_an_epoch_of_its_own()
    {
        await using SqlStore store = await database.CreateStoreAsync("again-4");
        long epoch = await Some.EpochAsync(store, "again-4", 1);
        (await Some.EpochAsync(store, "again-4", 1)).ShouldBe(epoch + 1);
    }

    [Fact]
    public async Task Of_many_nodes_that_try_at_once_one_gets_a_shard()
    {
        string connectionString = await MigratedAsync();
        SqlStore[] stores = [.. Enumerable.Range(0, 6).Select(i => TestDatabase.Open(connectionString, $"many-5-{i}"))];
        int[] shards = [.. Enumerable.Range(0, 16)];
        LeaseAttempt[] attempts = await Task.WhenAll(stores.Select(
            (store, i) => store.Leases.AcquireAsync(Some.Node($"many-5-{i}"), [.. i % 2 == 0 ? shards : shards.Reverse()], Some.Long, Some.None).AsTask()));

        attempts.SelectMany(attempt => attempt.Granted).ShouldBe(shards.Select(shard => new ShardLease(shard, 1)), ignoreOrder: true);
        foreach (SqlStore store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_role_without_the_right_to_end_sessions_takes_over_what_is_not_locked_and_says_so_otherwise()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore old = TestDatabase.Open(connectionString, "old-6");
        long epoch = await Some.EpochAsync(old, "old-6", 1);
        await using TestRole role = await TestRole.CreateAsync(connectionString, "ALL");
        await using SqlStore next = TestDatabase.Open(role.ConnectionString, "next-6");
        await using NpgsqlConnection frozen = await TestDatabase.ConnectAsync(connectionString, "dataload:old-6");
        await using (var command = new NpgsqlCommand("BEGIN; SELECT FROM dataload_partition FOR SHARE", frozen))
        {
            await command.ExecuteNonQueryAsync();
        }

        await TestDatabase.ExecuteAsync(connectionString, $"{Expire}'old-6'");
        StoreException error = await Should.ThrowAsync<StoreException>(() => Some.EpochAsync(next, "next-6", 1));
        error.Message.ShouldContain("pg_signal_backend");

        await using (var command = new NpgsqlCommand("COMMIT", frozen))
        {
            await command.ExecuteNonQueryAsync();
        }

        (await Some.EpochAsync(next, "next-6", 1)).ShouldBe(epoch + 1);
    }

    [Fact]
    public async Task The_owner_is_found_with_no_right_but_to_read()
    {
        string connectionString = await MigratedAsync();
        await using SqlStore owner = TestDatabase.Open(connectionString, "owner-7");
        await Some.EpochAsync(owner, "owner-7", 1);
        await using TestRole role = await TestRole.CreateAsync(connectionString, "SELECT");
        await using SqlStore command = TestDatabase.Open(role.ConnectionString);

        (await command.Leases.FindOwnerAsync(Some.None)).ShouldBe(Some.Node("owner-7"));
        (await command.CheckSchemaAsync(Some.None)).ShouldBeNull();
        await command.MigrateAsync(Some.None);
    }

    [Fact]
    public async Task Nodes_with_names_that_no_session_can_bear_are_told_apart()
    {
        string connectionString = await MigratedAsync();
        string common = new('n', 80);
        await using SqlStore old = TestDatabase.Open(connectionString, $"{common}é1");
        await using SqlStore next = TestDatabase.Open(connectionString, $"{common}é2");
        long epoch = await Some.EpochAsync(old, $"{common}é1", 1);
        (await next.Leases.AcquireAsync(Some.Node($"{common}é2"), [1], Some.Long, Some.None)).Granted.ShouldBeEmpty();
        await TestDatabase.ExecuteAsync(connectionString, $"{Expire}'{common}é1'");

        (await Some.EpochAsync(next, $"{common}é2", 1)).ShouldBe(epoch + 1);

        (await next.Leases.RenewAsync($"{common}é2", Some.Long, Some.None)).Count.ShouldBe(1);
    }

    private async Task<string> MigratedAsync()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        return connectionString;
    }
}
