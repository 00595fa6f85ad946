using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using LinqToDB.Data;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>What a role, a database, a server or a pooler before it makes of sessions ends no call of the engine, or is named with the remedy.</summary>
public sealed class PostgreSqlSessionTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Query = "SELECT id, v FROM goods WHERE id = ANY(@keys)";

    private static readonly string[] TimeOuts = ["statement_timeout", "lock_timeout", "idle_session_timeout", "idle_in_transaction_session_timeout"];

    private static readonly LookupStep Step = new() { Name = "goods", Key = LookupKey.Message("id"), Columns = [new("v", ColumnKind.Text)] };

    [Theory]
    [InlineData("ROLE")]
    [InlineData("DATABASE")]
    public async Task Time_outs_of_a_role_or_a_database_end_no_call_and_are_noted(string whose)
    {
        await using TestRole role = await OwnerAsync();
        string target = whose is "ROLE" ? $"ROLE {role.Name}" : $"DATABASE {new NpgsqlConnectionStringBuilder(role.ConnectionString).Database}";
        try
        {
            foreach (string timeOut in TimeOuts)
            {
                await TestDatabase.ExecuteAsync(database.ConnectionString, $"ALTER {target} SET {timeOut} = '200ms'");
            }

            await using var sql = PostgreSqlDatabase.ForStore(new PostgreSqlStoreOptions { ConnectionString = role.ConnectionString });
            await using var store = new SqlStore(sql);
            (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None)).ShouldBeNull();
            await store.MigrateAsync(Some.None);
            string[] inForce = await sql.ReadAsync((db, token) => ShowAsync(db, token), Some.None);
            string[] ofJournal = [.. await Task.WhenAll(TimeOuts.Select(async timeOut =>
                (string)(await TestDatabase.ExecuteAsync(sql.JournalConnection.ConnectionString, $"SHOW {timeOut}"))!))];

            inForce.ShouldBe(["0", "0", "0", "1min"]);
            ofJournal.ShouldBe(inForce);
            (await sql.ReadAsync((db, token) => db.ExecuteAsync<int>("SELECT 1 FROM pg_sleep(0.5)", token), Some.None)).ShouldBe(1);
            string warnings = string.Join('\n', await store.FindWarningsAsync(Catalog.Default.Pages, Some.None));
            foreach (string timeOut in TimeOuts[..3])
            {
                warnings.ShouldContain($"{timeOut} = 200 ms, set for the {whose.ToLowerInvariant()}");
            }
        }
        finally
        {
            await TestDatabase.ExecuteAsync(database.ConnectionString, $"ALTER {target} RESET ALL");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Time_outs_of_the_business_databases_role_neither_fail_a_query_nor_cut_an_idle_connection(bool prepares)
    {
        await using TestRole role = await OwnerAsync();
        await TestDatabase.ExecuteAsync(role.ConnectionString, "CREATE TABLE goods (id int, v text); INSERT INTO goods VALUES (1, 'one')");
        foreach (string timeOut in TimeOuts)
        {
            await TestDatabase.ExecuteAsync(database.ConnectionString, $"ALTER ROLE {role.Name} SET {timeOut} = '200ms'");
        }

        await using SqlLookup lookup = Lookup(role.ConnectionString, prepares);
        (await lookup.CheckDatabaseAsync(Some.None)).ShouldBeNull();
        var rows = new LookupRows(Step);
        for (int i = 0; i < 3; i++)
        {
            await lookup.QueryAsync("SELECT id, v FROM goods, pg_sleep(0.5) WHERE id = ANY(@keys)", Step, new[] { 1 }, rows, Some.None);
            rows.Text(0, 0).ShouldBe("one");
            await TestDatabase.ExecuteAsync(database.ConnectionString, "SELECT pg_sleep(0.5)");
        }
    }

    [Fact]
    public async Task A_connection_that_was_cut_while_it_was_idle_fails_no_query()
    {
        await using TestRole role = await OwnerAsync();
        await TestDatabase.ExecuteAsync(role.ConnectionString, "CREATE TABLE goods (id int, v text); INSERT INTO goods VALUES (1, 'one')");
        await using SqlLookup lookup = Lookup(role.ConnectionString);
        var rows = new LookupRows(Step);
        for (int i = 0; i < 3; i++)
        {
            LookupRows[] all = [.. Enumerable.Range(0, 4).Select(_ => new LookupRows(Step))];
            await Task.WhenAll(all.Select(some => lookup.QueryAsync(Query, Step, new[] { 1 }, some, Some.None).AsTask()));
            await TestDatabase.ExecuteAsync(
                database.ConnectionString, $"SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = '{role.Name}'");

            await lookup.QueryAsync(Query, Step, new[] { 1 }, rows, Some.None);
            await lookup.PingAsync(Some.None);

            rows.Text(0, 0).ShouldBe("one");
        }
    }

    [Fact]
    public async Task A_role_or_a_database_that_only_reads_is_refused_by_name()
    {
        await using TestRole role = await OwnerAsync();
        await TestDatabase.ExecuteAsync(database.ConnectionString, $"ALTER ROLE {role.Name} SET default_transaction_read_only = on");
        await using SqlStore store = TestDatabase.Open(role.ConnectionString);

        (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None))!.ShouldContain("default_transaction_read_only = on, set for the role");
    }

    [Fact]
    public async Task A_limit_of_connections_below_what_a_node_opens_is_noted_by_name()
    {
        await using TestRole role = await OwnerAsync();
        await TestDatabase.ExecuteAsync(database.ConnectionString, $"ALTER ROLE {role.Name} CONNECTION LIMIT 12");
        await using SqlStore store = TestDatabase.Open(role.ConnectionString);

        string warning = (await store.FindWarningsAsync(Catalog.Default.Pages, Some.None)).ShouldHaveSingleItem();

        warning.ShouldContain("up to 33 connections");
        warning.ShouldContain("the CONNECTION LIMIT of the role grants 12");
    }

    [Theory]
    [InlineData("transaction", "ignore_startup_parameters = options,search_path", "gives each transaction another session")]
    [InlineData("statement", "ignore_startup_parameters = options,search_path", "gives each transaction another session")]
    [InlineData("transaction", "ignore_startup_parameters = options,search_path\nserver_reset_query_always = 1", "gives each transaction another session")]
    [InlineData("transaction", "", "gives each transaction another session")]
    [InlineData("session", "", "unsupported startup parameter: options")]
    public async Task A_pooler_that_keeps_no_sessions_before_the_store_is_refused_by_name(string mode, string settings, string why)
    {
        await using Pooler pooler = await Pooler.StartAsync(database.ConnectionString, mode, settings);
        await using SqlStore store = TestDatabase.Open(pooler.ConnectionString);
        for (int i = 0; i < 3; i++)
        {
            string unfit = (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None)).ShouldNotBeNull();

            unfit.ShouldContain("A connection pooler stands before PostgreSQL 127.0.0.1:");
            unfit.ShouldContain(why);
            unfit.ShouldContain("dataload.store.connection");
        }
    }

    [Fact]
    public async Task A_pooler_in_session_mode_before_the_store_is_used_unless_it_keeps_commits_from_being_synchronous()
    {
        await using TestRole role = await OwnerAsync();
        await using Pooler pooler = await Pooler.StartAsync(role.ConnectionString, "session", "ignore_startup_parameters = options");
        await using (SqlStore store = TestDatabase.Open(pooler.ConnectionString, "pooled"))
        {
            (await store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None)).ShouldBeNull();
            await store.MigrateAsync(Some.None);
            (await Some.EpochAsync(store, 1)).ShouldBe(1);
        }

        await TestDatabase.ExecuteAsync(database.ConnectionString, $"ALTER ROLE {role.Name} SET synchronous_commit = off");
        await using Pooler later = await Pooler.StartAsync(role.ConnectionString, "session", "ignore_startup_parameters = options");
        await using SqlStore refused = TestDatabase.Open(later.ConnectionString);
        (await refused.CheckDatabaseAsync(Catalog.Default.Pages, Some.None))!.ShouldContain("synchronous_commit = off for the role or the database");
    }

    [Theory]
    [InlineData("transaction", "ignore_startup_parameters = options", "gives each transaction another session")]
    [InlineData("session", "ignore_startup_parameters = options", "drops what sessions are to start with")]
    [InlineData("transaction", "", "gives each transaction another session")]
    public async Task A_pooler_before_the_business_database_is_refused_with_the_setting_that_works_through_it(string mode, string settings, string why)
    {
        await using TestRole role = await OwnerAsync();
        await TestDatabase.ExecuteAsync(role.ConnectionString, "CREATE TABLE goods (id int, v text); INSERT INTO goods VALUES (1, 'one')");
        await TestDatabase.ExecuteAsync(database.ConnectionString, $"ALTER ROLE {role.Name} SET statement_timeout = '200ms'");
        await using Pooler pooler = await Pooler.StartAsync(role.ConnectionString, mode, settings);
        await using (SqlLookup refused = Lookup(pooler.ConnectionString))
        {
            string unfit = (await refused.CheckDatabaseAsync(Some.None)).ShouldNotBeNull();
            unfit.ShouldContain(why);
            unfit.ShouldContain("dataload.business.prepare-statements = false");
        }

        await using SqlLookup lookup = Lookup(pooler.ConnectionString, prepares: false);
        (await lookup.CheckDatabaseAsync(Some.None)).ShouldBeNull();
        LookupRows[] all = [.. Enumerable.Range(0, 8).Select(_ => new LookupRows(Step))];
        for (int i = 0; i < 5; i++)
        {
            await Task.WhenAll(all.Select(rows =>
                lookup.QueryAsync("SELECT id, v FROM goods, pg_sleep(0.3) WHERE id = ANY(@keys)", Step, new[] { 1 }, rows, Some.None).AsTask()));
            all.ShouldAllBe(rows => rows.Text(0, 0) == "one");
        }

        PostgresException written = await Should.ThrowAsync<PostgresException>(() =>
            lookup.QueryAsync("DELETE FROM goods WHERE id = ANY(@keys)", Step, new[] { 1 }, all[0], Some.None).AsTask());
        written.SqlState.ShouldBe(PostgresErrorCodes.ReadOnlySqlTransaction);

        // Nothing is left in a session that is another's next.
        (await TestDatabase.ExecuteAsync(
            pooler.ConnectionString, "SELECT current_setting('default_transaction_read_only') || current_setting('statement_timeout')"))
            .ShouldBe("off200ms");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_startup_parameter_of_the_connection_string_that_a_pooler_refuses_is_named(bool isStore)
    {
        await using Pooler pooler = await Pooler.StartAsync(database.ConnectionString, "session");
        string connectionString = new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { SearchPath = "other" }.ConnectionString;
        await using SqlStore store = TestDatabase.Open(connectionString);
        await using SqlLookup lookup = Lookup(connectionString, prepares: false);

        string unfit = (await (isStore ? store.CheckDatabaseAsync(Catalog.Default.Pages, Some.None) : lookup.CheckDatabaseAsync(Some.None))).ShouldNotBeNull();

        unfit.ShouldContain("unsupported startup parameter: search_path");
        unfit.ShouldContain("take that out of the connection string");
    }

    private static async Task<string[]> ShowAsync(DataConnection db, CancellationToken token)
    {
        var values = new List<string>();
        foreach (string timeOut in TimeOuts)
        {
            values.Add(await db.ExecuteAsync<string>($"SHOW {timeOut}", token));
        }

        return [.. values];
    }

    private static SqlLookup Lookup(string connectionString, bool prepares = true) => new(PostgreSqlDatabase.ForReading(
        new PostgreSqlStoreOptions { ConnectionString = connectionString, PrepareStatements = prepares }));

    /// <summary>A role with a schema of its own, where it is without being named.</summary>
    private async Task<TestRole> OwnerAsync()
    {
        string connectionString = await database.CreateSchemaAsync();
        TestRole role = await TestRole.CreateAsync(connectionString, "SELECT");
        string schema = new NpgsqlConnectionStringBuilder(connectionString).SearchPath!;
        await TestDatabase.ExecuteAsync(connectionString, $"GRANT CREATE ON SCHEMA {schema} TO {role.Name}; ALTER ROLE {role.Name} SET search_path = {schema}");
        role.ConnectionString = new NpgsqlConnectionStringBuilder(role.ConnectionString) { SearchPath = null }.ConnectionString;
        return role;
    }
}
