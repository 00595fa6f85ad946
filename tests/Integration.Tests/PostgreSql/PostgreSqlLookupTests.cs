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
