using DataLoad.Engine.Journaling;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlJournalTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task An_append_of_a_node_that_lost_its_shard_is_refused_and_the_other_shards_are_written()
    {
        await using SqlStore store = await database.CreateStoreAsync();
        long stale = await Some.EpochAsync(store, "old", 1);
        long live = await Some.EpochAsync(store, "live", 2);
        await store.Leases.ReleaseAsync("old", Some.None);
        await Some.EpochAsync(store, "new", 1);

        IReadOnlyList<int> refused = await store.Journal.AppendAsync([Some.Block(1, stale, 1, 2), Some.Block(2, live, 1, 3)], Some.None);

        refused.ShouldBe([1]);
        (await store.Journal.LastSequenceNrAsync(1, Some.None)).ShouldBe(0);
        (await store.Journal.LastSequenceNrAsync(2, Some.None)).ShouldBe(3);
    }

    [Fact]
    public async Task An_append_that_waited_for_a_takeover_sees_the_new_epoch()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        long epoch = await Some.EpochAsync(store, "node", 1);
        await using NpgsqlConnection takeover = await TestDatabase.ConnectAsync(connectionString);
        await using NpgsqlTransaction transaction = await takeover.BeginTransactionAsync();
        await using (var update = new NpgsqlCommand("UPDATE dataload_partition SET epoch = epoch + 1", takeover, transaction))
        {
            await update.ExecuteNonQueryAsync();
        }

        Task<IReadOnlyList<int>> append = store.Journal.AppendAsync([Some.Block(1, epoch, 1, 1)], Some.None).AsTask();
        await WaitForBlockedAsync(connectionString, takeover);
        await transaction.CommitAsync();

        (await append).ShouldBe([1]);
        (await store.Journal.LastSequenceNrAsync(1, Some.None)).ShouldBe(0);
    }

    [Fact]
    public async Task A_takeover_waits_for_the_commit_of_an_append_and_then_sees_its_blocks()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        long epoch = await Some.EpochAsync(store, "old", 1);

        // The appender stands still between its lock and its commit.
        await using NpgsqlConnection appender = await TestDatabase.ConnectAsync(connectionString);
        await using NpgsqlTransaction transaction = await appender.BeginTransactionAsync();
        await using (var append = new NpgsqlCommand(
            $"""
            SELECT FROM dataload_partition WHERE partition_id = 1 FOR SHARE;
            INSERT INTO dataload_journal VALUES (1, 1, 4, {epoch}, 0, 'abc')
            """,
            appender,
            transaction))
        {
            await append.ExecuteNonQueryAsync();
        }

        await TestDatabase.ExecuteAsync(connectionString, "UPDATE dataload_node SET lease_until = now() - interval '1 s'");
        Task<long> takeover = Some.EpochAsync(store, "new", 1);
        await WaitForBlockedAsync(connectionString, appender);
        takeover.IsCompleted.ShouldBeFalse();
        await transaction.CommitAsync();

        (await takeover).ShouldBe(epoch + 1);
        (await store.Journal.LastSequenceNrAsync(1, Some.None)).ShouldBe(4);
    }

    [Fact]
    public async Task An_append_is_repeated_after_an_unknown_outcome_without_effect()
    {
        await using SqlStore store = await database.CreateStoreAsync();
        long epoch = await Some.EpochAsync(store, "node", 1);
        JournalBlock[] blocks = [Some.Block(1, epoch, 1, 3), Some.Block(1, epoch, 4, 4)];
        (await store.Journal.AppendAsync(blocks, Some.None)).ShouldBeEmpty();

        (await store.Journal.AppendAsync(blocks, Some.None)).ShouldBeEmpty();
        (await store.Journal.AppendAsync([.. blocks, Some.Block(1, epoch, 5, 9)], Some.None)).ShouldBeEmpty();

        List<JournalBlock> read = await Some.ListAsync(store.Journal.ReadAsync(1, 0, Some.None));
        read.Select(block => (block.FirstSequenceNr, block.LastSequenceNr)).ShouldBe([(1, 3), (4, 4), (5, 9)]);
        read[0].Bytes.ToArray().ShouldBe(blocks[0].Bytes.ToArray());
    }

    [Fact]
    public async Task An_append_over_another_block_is_a_fault_that_names_shard_and_SequenceNr()
    {
        await using SqlStore store = await database.CreateStoreAsync();
        long epoch = await Some.EpochAsync(store, "node", 7);
        await store.Journal.AppendAsync([Some.Block(7, epoch, 41, 43)], Some.None);

        StoreException error = await Should.ThrowAsync<StoreException>(
            () => store.Journal.AppendAsync([Some.Block(7, epoch, 41, 44)], Some.None).AsTask());

        error.Message.ShouldContain("Shard 7");
        error.Message.ShouldContain("41-43");
        (await store.Journal.AppendAsync([Some.Block(7, epoch, 44, 44)], Some.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Calls_work_again_after_every_connection_was_killed()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString, "node");
        await store.MigrateAsync(Some.None);
        long epoch = await Some.EpochAsync(store, "node", 1);
        await store.Journal.AppendAsync([Some.Block(1, epoch, 1, 1)], Some.None);

        await TestDatabase.ExecuteAsync(
            connectionString, "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name = 'dataload:node'");
        NpgsqlException error = await Should.ThrowAsync<NpgsqlException>(
            () => store.Journal.AppendAsync([Some.Block(1, epoch, 2, 2)], Some.None).AsTask());
        error.IsTransient.ShouldBeTrue();

        (await store.Journal.AppendAsync([Some.Block(1, epoch, 2, 2)], Some.None)).ShouldBeEmpty();
        (await store.Journal.LastSequenceNrAsync(1, Some.None)).ShouldBe(2);
        await Should.ThrowAsync<NpgsqlException>(() => store.Leases.RenewAsync("node", Some.Long, Some.None).AsTask());
        (await store.Leases.RenewAsync("node", Some.Long, Some.None)).Single().Epoch.ShouldBe(epoch);
        (await store.Leases.FindOwnerAsync(Some.None))!.Id.ShouldBe("node");
    }

    [Fact]
    public async Task More_than_one_statement_holds_is_written_in_one_transaction()
    {
        await using SqlStore store = await database.CreateStoreAsync();
        long stale = await Some.EpochAsync(store, "old", 1);
        await store.Leases.ReleaseAsync("old", Some.None);
        long epoch = (await store.Leases.AcquireAsync(Some.Node("node"), [0, 1], Some.Long, Some.None)).Granted[0].Epoch;
        const int Large = 6 * 1024 * 1024;
        JournalBlock[] blocks = [.. Enumerable.Range(1, 6).Select(i => Some.Block(0, epoch, i, i, Large)), Some.Block(1, stale, 1, 1, Large)];

        (await store.Journal.AppendAsync(blocks, Some.None)).ShouldBe([1]);
        (await store.Journal.AppendAsync(blocks, Some.None)).ShouldBe([1]);

        long next = 1;
        await foreach (JournalBlock block in store.Journal.ReadAsync(0, 0, Some.None))
        {
            block.FirstSequenceNr.ShouldBe(next++);
            block.Bytes.Span.SequenceEqual(Some.Bytes(block.FirstSequenceNr, Large)).ShouldBeTrue();
        }

        next.ShouldBe(7);
    }

    [Fact]
    public async Task Commits_wait_for_the_disk_whatever_the_database_says()
    {
        string connectionString = await database.CreateSchemaAsync();
        string name = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        await TestDatabase.ExecuteAsync(
            connectionString,
            $"ALTER DATABASE {name} SET synchronous_commit = off; ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'");
        try
        {
            await using SqlStore store = TestDatabase.Open(connectionString, "synchronous");
            await store.MigrateAsync(Some.None);
            await TestDatabase.ExecuteAsync(
                connectionString,
                """
                CREATE TABLE seen (setting text);
                CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO seen VALUES (current_setting('synchronous_commit') || ' ' || current_setting('transaction_isolation'));
                    RETURN NEW; END $$;
                CREATE TRIGGER look AFTER INSERT ON dataload_journal FOR EACH ROW EXECUTE FUNCTION look()
                """);
            long epoch = await Some.EpochAsync(store, "synchronous", 1);
            await store.Journal.AppendAsync([Some.Block(1, epoch, 1, 1)], Some.None);
            (await TestDatabase.ExecuteAsync(connectionString, "SELECT setting FROM seen")).ShouldBe("on read committed");
        }
        finally
        {
            await TestDatabase.ExecuteAsync(
                connectionString,
                $"ALTER DATABASE {name} RESET synchronous_commit; ALTER DATABASE {name} RESET default_transaction_isolation");
        }
    }

    /// <summary>Waits until some session waits for a lock that a session holds.</summary>
    private static async Task WaitForBlockedAsync(string connectionString, NpgsqlConnection holder)
    {
        await using NpgsqlConnection watcher = await TestDatabase.ConnectAsync(connectionString);
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND $1 = ANY (pg_blocking_pids(pid)))", watcher)
        {
            Parameters = { new() { Value = holder.ProcessID } },
        };
        await Some.UntilAsync(async () => (bool)(await command.ExecuteScalarAsync())!);
    }
}
