using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Npgsql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlLookupTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Query = "SELECT id, amount, flag, at, name FROM goods WHERE id = ANY(@keys)";

    private static readonly LookupStep Step = new()
    {
        Name = "goods",
        Key = LookupKey.Message("id"),
        Columns = [new("name", ColumnKind.Text), new("amount", ColumnKind.Amount), new("flag", ColumnKind.Flag), new("at", ColumnKind.Time)],
    };

    [Fact]
    public async Task Rows_are_read_by_key_and_a_bad_value_spoils_its_own_row()
    {
        await using SqlLookup lookup = await CreateAsync();
        var rows = new LookupRows(Step);
        for (int i = 0; i < 3; i++)
        {
            await lookup.QueryAsync(Query, Step, new[] { 3, 1, 2, 4, 5, 99 }, rows, Some.None);

            rows.Count.ShouldBe(5);
            int one = rows.Find(1);
            rows.Error(one, 1).ShouldBeNull();
            (rows.Text(one, 0), rows.Number(one, 1), rows.Number(one, 2), rows.Number(one, 3)).ShouldBe(("one", 1234, 1, 77));
            rows.Error(rows.Find(2), 1)!.ShouldContain("amount");
            rows.Error(rows.Find(3), 1)!.ShouldContain("amount");
            rows.Error(rows.Find(4), 1)!.ShouldContain("amount");
            rows.Error(rows.Find(5), 1).ShouldBeNull();
            rows.Text(rows.Find(5), 0).ShouldBe("five");
            rows.Find(99).ShouldBe(-1);
        }
    }

    [Fact]
    public async Task A_key_with_rows_that_differ_is_bad_and_one_with_the_same_row_twice_is_not()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            """
            CREATE TABLE goods (id int, name text, amount text, flag bool, at bigint);
            INSERT INTO goods VALUES (1, 'one', '1.00', true, 7), (2, 'two', '1.00', true, 7), (1, 'one', '1.00', true, 7), (2, 'two', '1.01', true, 7),
                (3, 'three', 'x', true, 7), (3, 'three', '1.00', true, 7), (4, 'four', '1.00', true, NULL), (4, NULL, '1.00', true, NULL), (5, 'five', '5.00', true, 7),
                (6, 'six', 'x', true, 7), (6, 'six', 'x', true, 7)
            """);
        await using var lookup = new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString }));
        var rows = new LookupRows(Step);
        for (int round = 0; round < 3; round++)
        {
            await lookup.QueryAsync(Query, Step, new[] { 1, 2, 3, 4, 5, 6 }, rows, Some.None);

            rows.Count.ShouldBe(6);
            Enumerable.Range(1, 6).Where(key => rows.Error(rows.Find(key), LookupRows.WholeRow) is not null).ShouldBe([2, 3, 4]);
            rows.Error(rows.Find(2), LookupRows.WholeRow).ShouldNotBeNull().ShouldContain("amount");
            (rows.Text(rows.Find(1), 0), rows.Number(rows.Find(1), 1), rows.Text(rows.Find(5), 0), rows.Number(rows.Find(5), 1)).ShouldBe(("one", 100, "five", 500));
            rows.Error(rows.Find(6), 1).ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task Exact_decimals_of_any_length_are_judged_by_their_value()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            """
            CREATE TABLE goods (id numeric(40,10) PRIMARY KEY, name text, amount numeric, flag numeric, at numeric(60,30));
            INSERT INTO goods SELECT i, 'n', 12.50, 1, 77 FROM generate_series(1, 9) i;
            INSERT INTO goods VALUES (10, 'long', 95909.8281939472410410151370800, 1, 77), (11, 'zeros', 12.5::numeric(40,30), 0.000, 77.0),
                (12, 'wide', 1e60, 1, 1e25), (13, 'least', 9999999999.99, 1.5, -9223372036854775808)
            """);
        await using var lookup = new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString }));
        var rows = new LookupRows(Step);
        for (int round = 0; round < 3; round++)
        {
            await lookup.QueryAsync(Query, Step, Enumerable.Range(1, 13).ToArray(), rows, Some.None);

            rows.Count.ShouldBe(13);
            for (int id = 1; id <= 9; id++)
            {
                (rows.Error(rows.Find(id), 1), rows.Number(rows.Find(id), 1)).ShouldBe((null, 1250));
            }

            rows.Error(rows.Find(10), 1)!.ShouldContain("column amount = 95909.8281939472410410151370800");
            (rows.Error(rows.Find(11), 1), rows.Number(rows.Find(11), 1), rows.Number(rows.Find(11), 2), rows.Number(rows.Find(11), 3))
                .ShouldBe((null, 1250, 0, 77));
            rows.Error(rows.Find(12), 1).ShouldNotBeNull();
            rows.Error(rows.Find(12), 3).ShouldNotBeNull();
            rows.Number(rows.Find(13), 1).ShouldBe(999_999_999_999);
            rows.Error(rows.Find(13), 2).ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task Streams_that_share_a_query_and_run_it_first_at_the_same_time_read_the_same_values()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            """
            CREATE TABLE goods (id numeric(40,10) PRIMARY KEY, name text, amount numeric, flag numeric, at numeric(60,30));
            INSERT INTO goods SELECT i, 'n', 12.50, 1, 77 FROM generate_series(1, 9) i;
            """);
        for (int round = 0; round < 20; round++)
        {
            // Few sessions for many: some wait for one in which another has learned of the columns and had the statement prepared meanwhile.
            await using var lookup = new SqlLookup(
                PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString, MaxConnections = 2 }));
            LookupRows[] streams = [.. Enumerable.Range(0, 8).Select(_ => new LookupRows(Step))];

            await Task.WhenAll(
                streams.Select(rows => Task.Run(() => lookup.QueryAsync(Query, Step, Enumerable.Range(1, 9).ToArray(), rows, Some.None).AsTask())));

            foreach (LookupRows rows in streams)
            {
                rows.Count.ShouldBe(9);
                (rows.Error(rows.Find(9), 1), rows.Number(rows.Find(9), 1)).ShouldBe((null, 1250));
            }
        }
    }

    [Fact]
    public async Task Whatever_the_driver_throws_on_a_value_spoils_its_own_row()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            "CREATE TABLE goods (id int PRIMARY KEY, name text, amount numeric, flag bool, at interval); INSERT INTO goods VALUES (1, 'a', 1, true, '1 month'), (2, 'b', 1, true, null)");
        await using var lookup = new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString }));
        var rows = new LookupRows(Step);

        await lookup.QueryAsync(Query.Replace("at, name", "null::bigint AS at, CASE WHEN id = 1 THEN at END AS name", StringComparison.Ordinal), Step,
            new[] { 1, 2 }, rows, Some.None);

        rows.Error(rows.Find(1), 0)!.ShouldContain("column name");
        rows.Error(rows.Find(1), 1).ShouldBeNull();
        rows.Error(rows.Find(2), 0).ShouldBeNull();
    }

    [Fact]
    public async Task A_column_that_becomes_numeric_while_a_node_runs_is_read_all_the_same()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(connectionString,
            "CREATE TABLE goods (id int PRIMARY KEY, name text, amount int, flag bool, at bigint); INSERT INTO goods VALUES (1, 'a', 5, true, 1)");
        await using var lookup = new SqlLookup(
            PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString, PrepareStatements = false }));
        var rows = new LookupRows(Step);
        await lookup.QueryAsync(Query, Step, new[] { 1 }, rows, Some.None);
        rows.Number(0, 1).ShouldBe(500);

        await TestDatabase.ExecuteAsync(connectionString,
            "ALTER TABLE goods ALTER amount TYPE numeric; UPDATE goods SET amount = 5.250000000000000000000000000000000000");
        await lookup.QueryAsync(Query, Step, new[] { 1 }, rows, Some.None);
        rows.Number(0, 1).ShouldBe(525);

        await TestDatabase.ExecuteAsync(connectionString, "ALTER TABLE goods ALTER amount TYPE int");
        await lookup.QueryAsync(Query, Step, new[] { 1 }, rows, Some.None);
        rows.Number(0, 1).ShouldBe(500);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Amounts_are_read_as_ever_by_a_query_that_failed_before(int failures)
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            """
            CREATE TABLE goods_away (id int PRIMARY KEY, name text, amount numeric(12,2), flag bool, at bigint);
            INSERT INTO goods_away VALUES (1, 'a', 25.19, true, 1)
            """);
        await using var lookup = new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString }));
        var rows = new LookupRows(Step);
        for (int i = 0; i < failures; i++)
        {
            await Should.ThrowAsync<PostgresException>(() => lookup.QueryAsync(Query, Step, new[] { 1 }, rows, Some.None).AsTask());
        }

        await TestDatabase.ExecuteAsync(connectionString, "ALTER TABLE goods_away RENAME TO goods");
        for (int i = 0; i < 5; i++)
        {
            await lookup.QueryAsync(Query, Step, new[] { 1 }, rows, Some.None);
            (rows.Error(rows.Find(1), 1), rows.Number(rows.Find(1), 1)).ShouldBe((null, 2519));
        }
    }

    [Fact]
    public async Task A_query_that_lacks_a_column_is_named()
    {
        await using SqlLookup lookup = await CreateAsync();
        LookupException error = await Should.ThrowAsync<LookupException>(
            () => lookup.QueryAsync("SELECT id FROM goods WHERE id = ANY(@keys)", Step, new[] { 1 }, new LookupRows(Step), Some.None).AsTask());
        error.Message.ShouldContain("'name'");
    }

    [Fact]
    public async Task Nothing_can_be_written()
    {
        await using SqlLookup lookup = await CreateAsync();
        PostgresException error = await Should.ThrowAsync<PostgresException>(
            () => lookup.QueryAsync("DELETE FROM goods WHERE id = ANY(@keys)", Step, new[] { 1 }, new LookupRows(Step), Some.None).AsTask());
        error.SqlState.ShouldBe(PostgresErrorCodes.ReadOnlySqlTransaction);
    }

    private async Task<SqlLookup> CreateAsync()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            """
            CREATE TABLE goods (id int PRIMARY KEY, name varchar, amount numeric, flag bool, at bigint);
            INSERT INTO goods VALUES (1, 'one', 12.34, true, 77), (2, 'two', 'NaN', null, null), (3, 'three', 1e40, true, 1),
                (4, 'four', 0.005, true, 1), (5, 'five', null, null, null)
            """);
        return new SqlLookup(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString }));
    }
}
