using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

/// <summary>A value of any type is read for what it is or spoils its own row, whatever the database and its driver make of it.</summary>
public sealed class PostgreSqlRowTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Query = "SELECT id, v FROM goods WHERE id = ANY(@keys)";

    [Theory]
    [InlineData("text[]", "ARRAY['a','b']", null)]
    [InlineData("bit(3)", "B'101'", null)]
    [InlineData("interval", "'1 month 2 days'", null)]
    [InlineData("date", "'2024-02-03'", "2024-02-03")]
    [InlineData("date", "'infinity'", "infinity")]
    [InlineData("timestamp", "'-infinity'", "-infinity")]
    [InlineData("inet", "'10.0.0.1/8'", "10.0.0.1/8")]
    [InlineData("uuid", "'00000000-0000-0000-0000-00000000000a'", "00000000-0000-0000-0000-00000000000a")]
    [InlineData("jsonb", "'{\"a\":1}'", "{\"a\": 1}")]
    [InlineData("mood", "'glad'", "glad")]
    [InlineData("pair", "'(1,x)'", null)]
    [InlineData("positive", "5", "5")]
    [InlineData("int4range", "'[1,3)'", null)]
    [InlineData("char(10)", "'activity'", "activity")]
    [InlineData("\"char\"", "'a'", "a")]
    [InlineData("numeric", "1e40", "10000000000000000000000000000000000000000")]
    [InlineData("smallint", "7", "7")]
    [InlineData("bool", "true", "true")]
    [InlineData("bytea", "'\\x00ff'", null)]
    [InlineData("text", "null", null)]
    public async Task Where_text_is_expected_a_value_of_another_type_has_the_databases_own_text_or_spoils_its_own_row(string type, string value, string? text)
    {
        LookupRows rows = await ReadAsync(type, value, ColumnKind.Text);

        rows.Text(rows.Find(1), 0).ShouldBe(text);
        (rows.Error(rows.Find(1), 0) is null).ShouldBe(text is not null || value is "null");
    }

    [Theory]
    [InlineData("text", "'12.50'", 1250L)]
    [InlineData("char(12)", "'12.50'", 1250L)]
    [InlineData("double precision", "12.5", 1250L)]
    [InlineData("real", "0.29", 29L)]
    [InlineData("money", "'$12.50'", 1250L)]
    [InlineData("numeric", "12.5::numeric(40,30)", 1250L)]
    [InlineData("int8", "9999999999", 999_999_999_900L)]
    [InlineData("int8", "10000000000", null)]
    [InlineData("numeric", "'NaN'", null)]
    [InlineData("numeric", "'-Infinity'", null)]
    [InlineData("numeric", "0.001", null)]
    [InlineData("double precision", "'NaN'", null)]
    [InlineData("double precision", "1e300", null)]
    [InlineData("json", "'12.5'", 1250L)]
    [InlineData("int4[]", "'{1}'", null)]
    [InlineData("interval", "'1 month'", null)]
    [InlineData("bool", "true", null)]
    [InlineData("bytea", "'\\x31'", null)]
    [InlineData("money", "-1", null)]
    public async Task An_amount_of_any_type_is_read_exactly_or_spoils_its_own_row(string type, string value, long? hundredths)
    {
        LookupRows rows = await ReadAsync(type, value, ColumnKind.Amount);

        int row = rows.Find(1);
        (rows.Error(row, 0) is null ? rows.Number(row, 0) : (long?)null).ShouldBe(hundredths);
        (rows.Error(row, 0) ?? "column v").ShouldContain("column v");
    }

    [Theory]
    [InlineData("timestamptz", "'infinity'")]
    [InlineData("timestamptz", "'2024-01-01'")]
    [InlineData("date", "'-infinity'")]
    [InlineData("int8", "-9223372036854775808")]
    [InlineData("numeric", "-9223372036854775808")]
    [InlineData("text", "'soon'")]
    public async Task A_time_that_is_none_spoils_its_own_row_and_is_not_taken_for_absent(string type, string value)
    {
        LookupRows rows = await ReadAsync(type, value, ColumnKind.Time);

        rows.Error(rows.Find(1), 0)!.ShouldContain("column v");
    }

    [Theory]
    [InlineData("bit(1)", "B'1'", 1L)]
    [InlineData("char(5)", "'t'", 1L)]
    [InlineData("numeric", "2", 1L)]
    [InlineData("numeric", "0.5", null)]
    [InlineData("numeric", "0.000", 0L)]
    [InlineData("uuid", "'00000000-0000-0000-0000-00000000000a'", null)]
    public async Task A_flag_of_any_type_is_read_or_spoils_its_own_row(string type, string value, long? flag)
    {
        LookupRows rows = await ReadAsync(type, value, ColumnKind.Flag);

        int row = rows.Find(1);
        (rows.Error(row, 0) is null ? rows.Number(row, 0) : (long?)null).ShouldBe(flag);
    }

    [Theory]
    [InlineData("bigint")]
    [InlineData("numeric")]
    [InlineData("text")]
    [InlineData("char(20)")]
    [InlineData("varchar(20)")]
    [InlineData("double precision")]
    public async Task A_row_is_found_by_its_id_whatever_type_that_has(string type)
    {
        string connectionString = await CreateAsync(
            $"CREATE TABLE goods (id {type}, v text); INSERT INTO goods SELECT i, 'row ' || i FROM generate_series(1, 3) i; "
            + $"INSERT INTO goods VALUES (null, 'none'), (2147483648{(type is "bigint" or "numeric" or "double precision" ? "" : "::text")}, 'beyond')");
        await using SqlLookup lookup = Open(connectionString);
        LookupStep step = Step(ColumnKind.Text);
        var rows = new LookupRows(step);

        await lookup.QueryAsync(
            "SELECT id, v FROM goods WHERE id::text::numeric = ANY(@keys) OR id IS NULL OR id::text::numeric > 3", step, new[] { 1, 2, 3 }, rows, Some.None);

        rows.Count.ShouldBe(3);
        rows.Text(rows.Find(3), 0).ShouldBe("row 3");
    }

    [Fact]
    public async Task A_row_that_the_database_itself_cannot_read_spoils_itself_and_the_others_count()
    {
        string connectionString = await CreateAsync(
            "CREATE TABLE goods (id int PRIMARY KEY, v text); INSERT INTO goods SELECT i, i::text FROM generate_series(1, 100) i; "
            + "UPDATE goods SET v = 'seven' WHERE id = 7; UPDATE goods SET v = '99999999999' WHERE id = 70; UPDATE goods SET v = '0' WHERE id = 71");
        await using SqlLookup lookup = Open(connectionString);
        LookupStep step = Step(ColumnKind.Int32);
        var rows = new LookupRows(step);

        await lookup.QueryAsync(
            "SELECT id, 0 / v::int + v::int AS v FROM goods WHERE id = ANY(@keys)", step, Enumerable.Range(1, 101).ToArray(), rows, Some.None);

        rows.Count.ShouldBe(100);
        rows.Error(rows.Find(7), LookupRows.WholeRow)!.ShouldContain("seven");
        rows.Error(rows.Find(70), LookupRows.WholeRow)!.ShouldContain("out of range");
        rows.Error(rows.Find(71), LookupRows.WholeRow)!.ShouldContain("division by zero");
        foreach (int id in Enumerable.Range(1, 100).Except([7, 70, 71]))
        {
            (rows.Error(rows.Find(id), LookupRows.WholeRow), rows.Number(rows.Find(id), 0)).ShouldBe((null, id));
        }

        rows.Find(101).ShouldBe(-1);
    }

    [Fact]
    public async Task A_query_that_fails_for_no_keys_too_fails_as_a_whole()
    {
        string connectionString = await CreateAsync("CREATE TABLE goods (id int PRIMARY KEY, v int); INSERT INTO goods VALUES (1, 1)");
        await using SqlLookup lookup = Open(connectionString);
        LookupStep step = Step(ColumnKind.Int32);

        Npgsql.PostgresException error = await Should.ThrowAsync<Npgsql.PostgresException>(() =>
            lookup.QueryAsync("SELECT id, v + 'x'::int AS v FROM goods WHERE id = ANY(@keys)", step, new[] { 1 }, new LookupRows(step), Some.None).AsTask());

        error.MessageText.ShouldContain("invalid input syntax");
    }

    [Fact]
    public async Task A_text_that_is_no_UTF_8_spoils_its_own_row()
    {
        string name = $"dataload_ascii_{Guid.NewGuid():N}";
        await TestDatabase.ExecuteAsync(
            database.ConnectionString, $"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        string connectionString = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = name }.ConnectionString;
        try
        {
            await TestDatabase.ExecuteAsync(
                connectionString,
                @"CREATE TABLE goods (id int PRIMARY KEY, v text); INSERT INTO goods VALUES (1, E'a\xFFb'), (2, 'b'), (3, E'\xE6\xB4')");
            await using SqlLookup lookup = Open(connectionString);
            LookupStep step = Step(ColumnKind.Text);
            var rows = new LookupRows(step);

            await lookup.QueryAsync(Query, step, new[] { 1, 2, 3 }, rows, Some.None);

            rows.Count.ShouldBe(3);
            (rows.Error(rows.Find(1), 0) ?? rows.Error(rows.Find(1), LookupRows.WholeRow)).ShouldNotBeNull();
            (rows.Error(rows.Find(3), 0) ?? rows.Error(rows.Find(3), LookupRows.WholeRow)).ShouldNotBeNull();
            rows.Text(rows.Find(2), 0).ShouldBe("b");
        }
        finally
        {
            Npgsql.NpgsqlConnection.ClearAllPools();
            await TestDatabase.ExecuteAsync(database.ConnectionString, $"DROP DATABASE {name} WITH (FORCE)");
        }
    }

    [Fact]
    public async Task A_text_of_a_hundred_megabytes_is_read_and_the_rows_beside_it()
    {
        string connectionString = await CreateAsync(
            "CREATE TABLE goods (id int PRIMARY KEY, v text); INSERT INTO goods VALUES (1, repeat('x', 100000000)), (2, 'b')");
        await using SqlLookup lookup = Open(connectionString);
        LookupStep step = Step(ColumnKind.Int32);
        var rows = new LookupRows(step);

        await lookup.QueryAsync(Query, step, new[] { 1, 2 }, rows, Some.None);

        rows.Error(rows.Find(1), 0)!.Length.ShouldBeLessThan(300);
        rows.Error(rows.Find(2), 0)!.ShouldContain("v = b");
    }

    [Fact]
    public async Task A_column_of_another_type_since_it_was_prepared_is_read_without_a_failed_query()
    {
        string connectionString = await CreateAsync("CREATE TABLE goods (id int PRIMARY KEY, v int); INSERT INTO goods VALUES (1, 5)");
        await using SqlLookup lookup = Open(connectionString);
        LookupStep step = Step(ColumnKind.Amount);
        var rows = new LookupRows(step);
        for (int i = 0; i < 5; i++)
        {
            await lookup.QueryAsync(Query, step, new[] { 1 }, rows, Some.None);
        }

        foreach ((string type, long hundredths) in new[] { ("numeric USING 5.25", 525L), ("text", 525L), ("int USING 6", 600L) })
        {
            await TestDatabase.ExecuteAsync(connectionString, $"ALTER TABLE goods ALTER v TYPE {type}");
            for (int i = 0; i < 5; i++)
            {
                await lookup.QueryAsync(Query, step, new[] { 1 }, rows, Some.None);
                (rows.Error(0, 0), rows.Number(0, 0)).ShouldBe((null, hundredths));
            }
        }
    }

    /// <summary>Reads a value of a type from the first of two rows, the other null, twice: as a column not yet known, and as one that is.</summary>
    private async Task<LookupRows> ReadAsync(string type, string value, ColumnKind kind)
    {
        string connectionString = await CreateAsync($"CREATE TABLE goods (id int PRIMARY KEY, v {type}); INSERT INTO goods VALUES (1, {value}), (2, null)");
        await using SqlLookup lookup = Open(connectionString);
        LookupStep step = Step(kind);
        var rows = new LookupRows(step);
        for (int i = 0; i < 3; i++)
        {
            await lookup.QueryAsync(Query, step, new[] { 1, 2 }, rows, Some.None);
            rows.Count.ShouldBe(2);
            rows.Error(rows.Find(2), 0).ShouldBeNull();
            rows.Has(rows.Find(2), 0).ShouldBeFalse();
        }

        return rows;
    }

    private async Task<string> CreateAsync(string statements)
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            $"""
            CREATE TYPE mood AS ENUM ('sad', 'glad');
            CREATE TYPE pair AS (a int, b text);
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            {statements}
            """);
        return connectionString;
    }

    private static SqlLookup Open(string connectionString) =>
        new(PostgreSqlDatabase.ForReading(new PostgreSqlStoreOptions { ConnectionString = connectionString }));

    private static LookupStep Step(ColumnKind kind) => new() { Name = "goods", Key = LookupKey.Message("id"), Columns = [new("v", kind)] };
}
