using DataLoad.Engine.Contract;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using LinqToDB.Data;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlSchemaTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_check_says_what_is_wrong_and_changes_nothing()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);

        (await store.CheckSchemaAsync(Some.None))!.ShouldContain("no DataLoad tables");
        (await TestDatabase.ExecuteAsync(connectionString, "SELECT to_regclass('dataload_migration') IS NULL")).ShouldBe(true);

        await store.MigrateAsync(Some.None);
        (await store.CheckSchemaAsync(Some.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Nodes_that_migrate_at_once_do_it_once()
    {
        string connectionString = await database.CreateSchemaAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using SqlStore store = TestDatabase.Open(connectionString);
            await store.MigrateAsync(Some.None);
            foreach (Page page in Catalog.Default.Pages)
            {
                await store.Statistics.EnsureTableAsync(page, Some.None);
            }
        }));
        (await TestDatabase.ExecuteAsync(connectionString, "SELECT max(version) - count(*) FROM dataload_migration")).ShouldBe(0L);
    }

    [Fact]
    public async Task A_store_of_the_first_release_is_refused_with_the_remedy_and_what_it_forgets()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            "CREATE TABLE dataload_migration (version int PRIMARY KEY, name text); INSERT INTO dataload_migration VALUES (2, ''); CREATE TABLE dataload_checkpoint (shard_id int PRIMARY KEY)");
        await using SqlStore store = TestDatabase.Open(connectionString);

        string refused = (await Should.ThrowAsync<StoreException>(() => store.MigrateAsync(Some.None).AsTask())).Message;

        refused.ShouldContain("adopt-existing-rows = true");
        refused.ShouldContain("forgets the identities");
        (await store.CheckSchemaAsync(Some.None)).ShouldBe(refused);
    }

    [Fact]
    public async Task A_journal_without_its_unique_index_is_named_with_the_remedy()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        (await store.CheckJournalAsync(Some.None))!.ShouldContain("no table 'journal'");
        await store.MigrateAsync(Some.None);
        (await store.CheckJournalAsync(Some.None)).ShouldBeNull();

        await TestDatabase.ExecuteAsync(connectionString,
            "ALTER TABLE journal DROP CONSTRAINT journal_uq; CREATE UNIQUE INDEX ON journal (persistence_id, sequence_number) WHERE deleted");
        (await store.CheckJournalAsync(Some.None))!.ShouldContain("CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number)");

        await TestDatabase.ExecuteAsync(connectionString, "CREATE UNIQUE INDEX ON journal (sequence_number, persistence_id)");
        (await store.CheckJournalAsync(Some.None)).ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Statements_are_prepared_unless_that_is_turned_off(bool prepares)
    {
        var options = new PostgreSqlStoreOptions { ConnectionString = await database.CreateSchemaAsync(), PrepareStatements = prepares, MaxConnections = 2 };
        await using var sql = PostgreSqlDatabase.ForStore(options);
        await using var store = new SqlStore(sql);
        await store.MigrateAsync(Some.None);
        for (int i = 1; i < 5; i++)
        {
            await store.Partitions.RaiseEpochAsync(1, i, Some.None);
        }

        long prepared = await sql.ReadAsync((db, token) =>
            db.ExecuteAsync<long>("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%dataload_partition%'", token), Some.None);

        (prepared > 0).ShouldBe(prepares);
    }

    [Fact]
    public async Task Sessions_commit_synchronously_whatever_the_role_says_and_so_do_the_journals()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(connectionString,
            $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} SET synchronous_commit = off");
        await using var sql = PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = connectionString });

        (await sql.ReadAsync((db, token) => db.ExecuteAsync<string>("SHOW synchronous_commit", token), Some.None)).ShouldBe("on");
        (await TestDatabase.ExecuteAsync(sql.JournalConnection.ConnectionString, "SHOW synchronous_commit")).ShouldBe("on");
    }

    [Theory]
    [InlineData("topic_type char(64)", "type bpchar where text or varchar(64) is needed")]
    [InlineData("topic_type name", "type name where text or varchar(64) is needed")]
    [InlineData("topic_type varchar(63)", "type varchar where text or varchar(64) is needed")]
    [InlineData("topic_type short_text", "type varchar where text or varchar(64) is needed")]
    [InlineData("topic_type text COLLATE ignores_case", "collation ignores_case, by which different topics are one row")]
    [InlineData("topic_type varchar COLLATE ignores_case", "collation ignores_case, by which different topics are one row")]
    public async Task A_table_whose_topic_types_are_not_kept_apart_as_they_are_is_refused_by_name(string column, string why)
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            $"""
            CREATE COLLATION ignores_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE DOMAIN short_text AS varchar(20);
            CREATE TABLE data_load_act_date ({column} NOT NULL, topic_id int, stat_date date, PRIMARY KEY (topic_type, topic_id, stat_date))
            """);
        await using SqlStore store = TestDatabase.Open(connectionString);

        string unfit = (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None)).ShouldNotBeNull();

        unfit.ShouldContain("the table 'data_load_act_date' has a column 'topic_type'");
        unfit.ShouldContain(why);
    }

    [Fact]
    public async Task A_unique_key_that_takes_topic_types_for_one_is_refused_and_any_of_the_stores_own_is_taken()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        foreach (Page page in Catalog.Default.Pages)
        {
            await store.Statistics.EnsureTableAsync(page, Some.None);
        }

        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None)).ShouldBeNull();
        await TestDatabase.ExecuteAsync(
            connectionString,
            """
            CREATE COLLATION ignores_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE UNIQUE INDEX ON data_load_bear (topic_id, topic_type COLLATE ignores_case, stat_date)
            """);
        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None))!.ShouldContain("collation ignores_case, by which different topics are one row");
    }

    [Fact]
    public async Task A_database_that_is_not_UTF_8_is_refused_before_anything_is_made_in_it()
    {
        string name = $"dataload_ascii_{Guid.NewGuid():N}";
        await TestDatabase.ExecuteAsync(database.ConnectionString, $"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        string connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = name }.ConnectionString;
        try
        {
            await using SqlStore store = TestDatabase.Open(connectionString);

            (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None))!.ShouldContain("has the encoding SQL_ASCII");
        }
        finally
        {
            await TestDatabase.ExecuteAsync(database.ConnectionString, $"DROP DATABASE {name} WITH (FORCE)");
        }
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        await TestDatabase.ExecuteAsync(connectionString, "INSERT INTO dataload_migration VALUES (9999, 'later')");

        (await Should.ThrowAsync<StoreException>(() => store.MigrateAsync(Some.None).AsTask())).Message.ShouldContain("9999");
        (await store.CheckSchemaAsync(Some.None))!.ShouldContain("9999");
    }

    [Fact]
    public async Task A_role_that_may_not_create_tables_is_told_the_remedy()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using TestRole role = await TestRole.CreateAsync(connectionString, "SELECT");
        await using SqlStore store = TestDatabase.Open(role.ConnectionString);
        (await Should.ThrowAsync<StoreException>(() => store.MigrateAsync(Some.None).AsTask())).Message.ShouldContain("Grant it CREATE");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("read-write")]
    [InlineData("prefer-standby")]
    public async Task Of_several_hosts_one_that_answers_is_used(string? target)
    {
        var builder = new NpgsqlConnectionStringBuilder(await database.CreateSchemaAsync());
        builder.Host = $"{builder.Host}:1,{builder.Host}:{builder.Port}";
        builder.TargetSessionAttributes = target;
        await using SqlStore store = TestDatabase.Open(builder.ConnectionString, "hosts");
        await store.MigrateAsync(Some.None);
        (await Some.EpochAsync(store, 1)).ShouldBe(1);
        await using var lookup = new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = builder.ConnectionString }));
        await lookup.PingAsync(Some.None);
    }

    [Fact]
    public async Task A_single_host_may_be_asked_for_a_kind_of_session()
    {
        var builder = new NpgsqlConnectionStringBuilder(await database.CreateSchemaAsync()) { TargetSessionAttributes = "primary" };
        await using SqlStore store = TestDatabase.Open(builder.ConnectionString);
        await store.PingAsync(Some.None);
    }
}
