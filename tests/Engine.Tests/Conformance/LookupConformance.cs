using System.Collections.Immutable;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every lookup does. Queries are in PostgreSQL's form; the SQL runs on every database.</summary>
public abstract class LookupConformance : IAsyncLifetime
{
    private const string Query = "SELECT id, n, at, amount, flag, note FROM shop WHERE id = ANY(@keys)";

    private static readonly LookupStep Step = new()
    {
        Name = "shop",
        Key = LookupKey.Message("recordId"),
        Columns =
        [
            new("n", ColumnKind.Int32),
            new("at", ColumnKind.Time),
            new("amount", ColumnKind.Amount),
            new("flag", ColumnKind.Flag),
            new("note", ColumnKind.Text),
        ],
    };

    protected ILookup Lookup { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Opens a lookup over this test's business database.</summary>
    protected abstract Task<ILookup> CreateLookupAsync();

    /// <summary>Runs statements in the business database.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>Removes this test's database.</summary>
    protected virtual ValueTask DisposeDatabaseAsync() => ValueTask.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        await ExecuteAsync(
            "CREATE TABLE shop (id int PRIMARY KEY, n int NULL, at bigint NULL, amount numeric(12,2) NULL, flag bool NULL, note varchar(200) NULL)");
        await ExecuteAsync(
            """
            INSERT INTO shop (id, n, at, amount, flag, note) VALUES
                (1, 7, 1700000000123, 12.34, true, 'one'),
                (2, 2147483647, 0, 0.29, false, ''),
                (3, NULL, NULL, NULL, NULL, NULL),
                (4, 0, 9000000000000000000, 9999999999.99, false, '会员 ''quoted''')
            """);
        Lookup = await CreateLookupAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Lookup.DisposeAsync();
        await DisposeDatabaseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Rows_are_found_by_key_and_missing_ones_are_not()
    {
        LookupRows rows = await QueryAsync(Query, 1, 99, 4);

        rows.Count.ShouldBe(2);
        rows.Find(99).ShouldBe(-1);
        rows.Find(2).ShouldBe(-1);
        int one = rows.Find(1);
        Numbers(rows, one).ShouldBe([7, 1_700_000_000_123, 1234, 1]);
        rows.Text(one, 4).ShouldBe("one");
        int four = rows.Find(4);
        Numbers(rows, four).ShouldBe([0, 9_000_000_000_000_000_000, 999_999_999_999, 0]);
        rows.Text(four, 4).ShouldBe("会员 'quoted'");
        Errors(rows, one).ShouldBeEmpty();
        Errors(rows, four).ShouldBeEmpty();
    }

    [Fact]
    public async Task Null_is_0_false_and_no_text_and_an_empty_text_stays()
    {
        LookupRows rows = await QueryAsync(Query, 2, 3);

        Numbers(rows, rows.Find(3)).ShouldBe([0, 0, 0, 0]);
        rows.Text(rows.Find(3), 4).ShouldBeNull();
        Errors(rows, rows.Find(3)).ShouldBeEmpty();
        Numbers(rows, rows.Find(2)).ShouldBe([int.MaxValue, 0, 29, 0]);
        rows.Text(rows.Find(2), 4).ShouldBe("");
    }

    [Fact]
    public async Task No_keys_and_keys_twice_are_fine()
    {
        (await QueryAsync(Query)).Count.ShouldBe(0);
        (await QueryAsync(Query, 1, 1, 1)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Ten_thousand_keys_are_one_query()
    {
        LookupRows rows = await QueryAsync(Query, [.. Enumerable.Range(-5000, 10_000)]);

        rows.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Rows_are_emptied_before_they_are_filled_again()
    {
        var rows = new LookupRows(Step);
        await Lookup.QueryAsync(Query, Step, new[] { 1, 2 }, rows, Token);
        await Lookup.QueryAsync(Query, Step, new[] { 3 }, rows, Token);

        rows.Count.ShouldBe(1);
        rows.Find(1).ShouldBe(-1);
        rows.Text(rows.Find(3), 4).ShouldBeNull();
    }

    [Fact]
    public async Task Columns_are_found_by_name_in_any_order_among_others()
    {
        LookupRows rows = await QueryAsync("SELECT note, 5 AS extra, flag, amount, at, n, id FROM shop WHERE id=any( @keys )", 1);

        Numbers(rows, 0).ShouldBe([7, 1_700_000_000_123, 1234, 1]);
        rows.Text(0, 4).ShouldBe("one");
    }

    [Theory]
    [InlineData("SELECT n, at, amount, flag, note FROM shop WHERE id = ANY(@keys)", "'id'")]
    [InlineData("SELECT id, n, at, flag, note FROM shop WHERE id = ANY(@keys)", "'amount'")]
    public async Task A_missing_column_is_an_error_that_names_query_and_column(string query, string column)
    {
        LookupException missing = await Should.ThrowAsync<LookupException>(() => QueryAsync(query, 1));

        missing.Message.ShouldContain("'shop'");
        missing.Message.ShouldContain(column);
        (await QueryAsync(Query, 1)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("n", "-1", "-1")]
    [InlineData("n", "2147483648", "2147483648")]
    [InlineData("n", "1.5", "1.5")]
    [InlineData("n", "'x'", "x")]
    [InlineData("at", "'yesterday'", "yesterday")]
    [InlineData("amount", "-0.01", "-0.01")]
    [InlineData("amount", "0.001", "0.001")]
    [InlineData("amount", "10000000000.00", "10000000000")]
    [InlineData("amount", "'1e3'", "1e3")]
    [InlineData("amount", "'NaN'", "NaN")]
    [InlineData("flag", "'maybe'", "maybe")]
    public async Task A_value_that_cannot_be_read_spoils_itself_only_and_is_named(string column, string bad, string shown)
    {
        LookupRows rows = await QueryAsync(With(column, $"CASE WHEN id = 2 THEN {bad} ELSE {Good(column, bad)} END"), 1, 2, 3);

        rows.Count.ShouldBe(3);
        Errors(rows, rows.Find(1)).ShouldBeEmpty();
        Errors(rows, rows.Find(3)).ShouldBeEmpty();
        string error = Errors(rows, rows.Find(2)).ShouldHaveSingleItem();
        rows.Error(rows.Find(2), Step.IndexOf(column)).ShouldBe(error);
        error.ShouldContain($"column {column}");
        error.ShouldContain(shown);
        error.ShouldContain("expected");

        static string Good(string column, string bad) => !bad.StartsWith('\'') ? "1" : column is "flag" ? "'true'" : "'1'";
    }

    [Theory]
    [InlineData("n", "'42'", 42)]
    [InlineData("n", "42.0", 42)]
    [InlineData("n", "NULL", 0)]
    [InlineData("at", "'1700000000123'", 1_700_000_000_123)]
    [InlineData("at", "-5", -5)]
    [InlineData("amount", "'0.10'", 10)]
    [InlineData("amount", "5", 500)]
    [InlineData("amount", "0.290", 29)]
    [InlineData("amount", "9999999999.99", 999_999_999_999)]
    [InlineData("flag", "1", 1)]
    [InlineData("flag", "0", 0)]
    [InlineData("flag", "2", 1)]
    [InlineData("flag", "'t'", 1)]
    [InlineData("flag", "'f'", 0)]
    [InlineData("flag", "'TRUE'", 1)]
    [InlineData("flag", "'false'", 0)]
    [InlineData("flag", "'1'", 1)]
    public async Task A_value_of_another_type_is_read_where_it_means_the_same(string column, string sql, long expected)
    {
        LookupRows rows = await QueryAsync(With(column, sql), 1);

        Errors(rows, 0).ShouldBeEmpty();
        rows.Number(0, Step.IndexOf(column)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("12345", "12345")]
    [InlineData("NULL", null)]
    [InlineData("'x'", "x")]
    public async Task Text_is_the_invariant_text_of_any_type(string sql, string? expected)
    {
        LookupRows rows = await QueryAsync(With("note", sql), 1);

        rows.Text(0, 4).ShouldBe(expected);
    }

    [Fact]
    public async Task A_row_without_an_id_of_32_bits_is_skipped()
    {
        LookupRows rows = await QueryAsync(
            Query.Replace("SELECT id,", "SELECT CASE id WHEN 1 THEN NULL WHEN 2 THEN 5000000000 ELSE id END AS id,", StringComparison.Ordinal), 1, 2, 3);

        rows.Count.ShouldBe(1);
        rows.Find(3).ShouldBe(0);
    }

    [Fact]
    public async Task A_query_that_fails_throws_and_the_next_one_works()
    {
        await Should.ThrowAsync<System.Data.Common.DbException>(() => QueryAsync("SELECT id FROM nowhere WHERE id = ANY(@keys)", 1));

        (await QueryAsync(Query, 1)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Queries_run_at_the_same_time()
    {
        LookupRows[] all = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => QueryAsync(Query, (i % 4) + 1), Token)));

        all.ShouldAllBe(rows => rows.Count == 1);
    }

    [Fact]
    public async Task The_business_database_cannot_be_written()
    {
        await Should.ThrowAsync<Exception>(() => QueryAsync("DELETE FROM shop WHERE id = ANY(@keys) RETURNING id, n, at, amount, flag, note", 1));

        (await QueryAsync(Query, 1)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_rows_of_every_stream_of_the_contract_can_be_asked_for()
    {
        ImmutableArray<LookupStep> steps = [.. Catalog.Default.Streams.SelectMany(stream => stream.Lookups)];
        foreach (LookupStep step in steps)
        {
            var rows = new LookupRows(step);
            string columns = string.Join(", ", step.Columns.Select(column => $"NULL AS {column.Name}"));

            await Lookup.QueryAsync($"SELECT id, {columns} FROM shop WHERE id = ANY(@keys)", step, new[] { 1, 2 }, rows, Token);

            rows.Count.ShouldBe(2);
        }
    }

    [Fact]
    public async Task A_ping_answers()
    {
        await Lookup.PingAsync(Token);

        Lookup.Name.ShouldNotBeNullOrWhiteSpace();
    }

    private async Task<LookupRows> QueryAsync(string query, params int[] keys)
    {
        var rows = new LookupRows(Step);
        await Lookup.QueryAsync(query, Step, keys, rows, Token);
        return rows;
    }

    /// <summary>The query with one column computed.</summary>
    private static string With(string column, string sql)
    {
        IEnumerable<string> columns = Step.Columns.Select(
            each => string.Equals(each.Name, column, StringComparison.Ordinal) ? $"{sql} AS {column}" : each.Name);
        return $"SELECT id, {string.Join(", ", columns)} FROM shop WHERE id = ANY(@keys)";
    }

    private static string[] Errors(LookupRows rows, int row) =>
        [.. Enumerable.Range(0, Step.Columns.Length).Select(column => rows.Error(row, column)).OfType<string>()];

    private static long[] Numbers(LookupRows rows, int row) => [.. Enumerable.Range(0, 4).Select(column => rows.Number(row, column))];
}
