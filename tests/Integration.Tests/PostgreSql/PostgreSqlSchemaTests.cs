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

    [Theory]
    [InlineData("topic_id smallint", "a column 'topic_id' of type int2 where int is needed")]
    [InlineData("topic_id numeric(9)", "a column 'topic_id' of type numeric(9,0) where int is needed")]
    [InlineData("topic_id text", "a column 'topic_id' of type text where int is needed")]
    [InlineData("topic_id int GENERATED ALWAYS AS IDENTITY", "a column 'topic_id' whose values the database generates")]
    [InlineData("stat_date timestamp", "a column 'stat_date' of type timestamp where date is needed")]
    [InlineData("visit_cnt smallint", "a column 'visit_cnt' of type int2 where bigint is needed")]
    [InlineData("visit_cnt numeric(18)", "a column 'visit_cnt' of type numeric(18,0) where bigint is needed")]
    [InlineData("visit_cnt double precision", "a column 'visit_cnt' of type float8 where bigint is needed")]
    [InlineData("visit_cnt bigint GENERATED ALWAYS AS (1) STORED", "a column 'visit_cnt' whose values the database generates")]
    [InlineData("pay_amount numeric(10,2)", "a column 'pay_amount' of type numeric(10,2) where decimal(18,2) is needed")]
    [InlineData("pay_amount price", "a column 'pay_amount' of type numeric(12,1) where decimal(18,2) is needed")]
    [InlineData("pay_amount numeric(38)", "a column 'pay_amount' of type numeric(38,0) where decimal(18,2) is needed")]
    [InlineData("pay_amount money", "a column 'pay_amount' of type money where decimal(18,2) is needed")]
    [InlineData("pay_amount double precision", "a column 'pay_amount' of type float8 where decimal(18,2) is needed")]
    [InlineData("pay_amount bigint", "a column 'pay_amount' of type int8 where decimal(18,2) is needed")]
    public async Task A_column_that_rounds_or_is_too_small_for_what_is_counted_is_refused_by_name(string column, string why)
    {
        string connectionString = await database.CreateSchemaAsync();
        string name = column.Split(' ')[0];
        IEnumerable<string> others = new[] { "topic_type text", "topic_id int", "stat_date date" }
            .Where(key => !key.StartsWith(name, StringComparison.Ordinal));
        await TestDatabase.ExecuteAsync(
            connectionString, $"CREATE DOMAIN price AS numeric(12,1); CREATE TABLE data_load_act_date ({string.Join(", ", others)}, {column})");
        await using SqlStore store = TestDatabase.Open(connectionString);

        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None))!.ShouldContain($"the table 'data_load_act_date' has {why}");
    }

    [Theory]
    [InlineData("CREATE VIEW data_load_bear AS SELECT 't'::text AS topic_type, 1 AS topic_id, current_date AS stat_date", "is a view, where a table is needed")]
    [InlineData("CREATE MATERIALIZED VIEW data_load_bear AS SELECT 't'::text AS topic_type", "is a materialized view, where a table is needed")]
    [InlineData("CREATE UNLOGGED TABLE data_load_bear (topic_type text, topic_id int, stat_date date)", "is UNLOGGED")]
    [InlineData(
        "CREATE TABLE data_load_bear (topic_type text, topic_id int, stat_date date); "
        + "ALTER TABLE data_load_bear ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "has row security in force for this role")]
    public async Task What_is_no_table_that_keeps_its_rows_is_refused_by_name(string statements, string why)
    {
        string connectionString = await database.CreateSchemaAsync();
        await using TestRole role = await TestRole.CreateAsync(connectionString, "SELECT");
        await TestDatabase.ExecuteAsync(
            connectionString,
            $"GRANT CREATE ON SCHEMA {new NpgsqlConnectionStringBuilder(connectionString).SearchPath} TO {role.Name}; SET ROLE {role.Name}; {statements}");
        await using SqlStore store = TestDatabase.Open(role.ConnectionString);

        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None))!.ShouldContain($"the table 'data_load_bear' {why}");
    }

    [Theory]
    [InlineData("topic_type kind, topic_id bigint, stat_date date")]
    [InlineData("topic_type varchar(64) COLLATE \"en-x-icu\", topic_id numeric, stat_date date, UNIQUE (topic_type, topic_id, stat_date)")]
    [InlineData("topic_type text, topic_id numeric(10), stat_date date, visit_cnt int, share_cnt numeric(19)")]
    [InlineData(
        "topic_type text, topic_id int, stat_date date) PARTITION BY LIST (topic_id); "
        + "CREATE TABLE rest PARTITION OF data_load_bear (PRIMARY KEY (topic_type, topic_id, stat_date)) DEFAULT; SELECT (1")]
    public async Task A_table_that_others_made_and_that_can_serve_counts_exactly(string columns)
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(connectionString, $"CREATE DOMAIN kind AS varchar(64); CREATE TABLE data_load_bear ({columns})");
        await using SqlStore store = TestDatabase.Open(connectionString);
        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None)).ShouldBeNull();
        await store.MigrateAsync(Some.None);
        Page bear = Catalog.Default.PageNamed("bear");
        await store.Statistics.EnsureTableAsync(bear, Some.None);
        long epoch = await Some.EpochAsync(store, 1);
        foreach (string type in new[] { "a", "A", "a ", "\u00e1", "a\u0301", "活" })
        {
            await store.Statistics.FlushAsync(bear, [Some.Row(1, epoch, 3, type, int.MaxValue, 0, 6, 1, 2, 3)], correct: false, Some.None);
            await store.Statistics.FlushAsync(bear, [Some.Row(1, epoch, 4, type, int.MaxValue, 0, 7, 1, 2, 3)], correct: false, Some.None);
        }

        List<Engine.Statistics.StatisticsRow> rows = await Some.ListAsync(store.Statistics.ReadAsync(bear, Engine.Statistics.StatisticsFilter.All, Some.None));
        rows.Count.ShouldBe(6);
        rows.ShouldAllBe(row => row.Values[0] == 7 && row.SequenceNr == 4);
    }

    [Fact]
    public async Task A_partitioned_table_that_takes_no_such_key_is_named_instead_of_being_waited_for()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString, "CREATE TABLE data_load_bear (topic_type text, topic_id int, stat_date date, region int DEFAULT 1) PARTITION BY LIST (region)");
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);

        (await Should.ThrowAsync<StoreException>(() => store.Statistics.EnsureTableAsync(Catalog.Default.PageNamed("bear"), Some.None).AsTask()))
            .Message.ShouldContain("the statistics table 'data_load_bear' cannot be completed: the server refuses (unique constraint on partitioned table");
    }

    [Fact]
    public async Task Triggers_and_narrow_counts_of_a_table_that_serves_are_noted()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            """
            CREATE TABLE data_load_bear (topic_type text, topic_id int, stat_date date, visit_cnt int);
            CREATE TRIGGER halves BEFORE UPDATE ON data_load_bear FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
            """);
        await using SqlStore store = TestDatabase.Open(connectionString);

        string warnings = string.Join('\n', await store.FindWarningsAsync(Catalog.Default.Pages, Some.None));

        warnings.ShouldContain("'data_load_bear' has the trigger 'halves'");
        warnings.ShouldContain("'data_load_bear' counts in the column 'visit_cnt' of type int4");
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
