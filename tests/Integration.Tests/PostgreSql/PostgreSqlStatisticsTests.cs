using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.PostgreSql;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlStatisticsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string MinimalTable = "CREATE TABLE data_load_bear (topic_type varchar(64) NOT NULL, topic_id int NOT NULL, stat_date date NOT NULL";

    private static Page Bear => Catalog.Default.PageNamed("bear");

    private static Page Act => Catalog.Default.PageNamed("act");

    [Fact]
    public async Task A_table_that_exists_is_completed_and_keeps_its_rows_and_columns()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(
            connectionString,
            $"{MinimalTable}, visit_cnt int NOT NULL, note text DEFAULT 'mine'); INSERT INTO data_load_bear VALUES ('t', 1, '2024-01-01', 5)");
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);

        await store.Statistics.EnsureTableAsync(Bear, Some.None);
        await store.Statistics.EnsureTableAsync(Bear, Some.None);

        (await store.Statistics.CountForeignAsync(Bear, Some.None)).ShouldBe(1);
        StatisticsRow foreign = (await Some.ListAsync(store.Statistics.ReadForeignAsync(Bear, Some.None))).Single();
        foreign.Values.ShouldBe([5, 0, 0, 0]);
        long epoch = await Some.EpochAsync(store, 1);
        await store.Statistics.FlushAsync(Bear, [Some.Row(1, epoch, 3, "t", 1, 0, 6, 1, 0, 0)], correct: false, Some.None);
        (await TestDatabase.ExecuteAsync(connectionString, "SELECT visit_cnt || note FROM data_load_bear")).ShouldBe("6mine");
    }

    [Theory]
    [InlineData(", visit_cnt text)", "visit_cnt")]
    [InlineData(", owner text NOT NULL)", "owner")]
    [InlineData(", update_time bigint)", "update_time")]
    [InlineData("); ALTER TABLE data_load_bear DROP COLUMN stat_date", "stat_date")]
    [InlineData("); INSERT INTO data_load_bear VALUES ('t', 1, '2024-01-01'), ('t', 1, '2024-01-01')", "GROUP BY")]
    public async Task A_table_that_cannot_serve_is_refused(string rest, string named)
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(connectionString, MinimalTable + rest);
        await using SqlStore store = TestDatabase.Open(connectionString);
        (await Should.ThrowAsync<StoreException>(() => store.Statistics.EnsureTableAsync(Bear, Some.None).AsTask())).Message.ShouldContain(named);
    }

    [Fact]
    public async Task A_role_with_few_rights_uses_what_is_there_and_is_told_what_is_not()
    {
        string connectionString = await database.CreateSchemaAsync();
        await using SqlStore owner = TestDatabase.Open(connectionString);
        await owner.MigrateAsync(Some.None);
        await owner.Statistics.EnsureTableAsync(Bear, Some.None);
        await using TestRole role = await TestRole.CreateAsync(connectionString, "SELECT, INSERT, UPDATE, DELETE");
        await using SqlStore store = TestDatabase.Open(role.ConnectionString);

        await store.MigrateAsync(Some.None);
        await store.Statistics.EnsureTableAsync(Bear, Some.None);
        long epoch = await Some.EpochAsync(store, 1);
        (await store.Statistics.FlushAsync(Bear, [Some.Row(1, epoch, 1, "t", 1, 0, 1, 1, 1, 1)], correct: false, Some.None)).ShouldBeEmpty();

        (await Should.ThrowAsync<StoreException>(() => store.Statistics.EnsureTableAsync(Act, Some.None).AsTask()))
            .Message.ShouldContain("CREATE TABLE \"data_load_act_date\"");
    }

    [Fact]
    public async Task Amounts_are_exact_to_the_hundredth()
    {
        await using SqlStore store = await database.CreateStoreAsync();
        await store.Statistics.EnsureTableAsync(Act, Some.None);
        long epoch = await Some.EpochAsync(store, 1);
        long[] values = [.. Act.Metrics.Select((metric, i) => metric.Kind == MetricKind.Amount ? 999_999_999_999_999_999L - i : long.MaxValue - i)];
        await store.Statistics.FlushAsync(Act, [Some.Row(1, epoch, 1, "t", 1, 0, values)], correct: false, Some.None);
        (await Some.ListAsync(store.Statistics.ReadAsync(Act, StatisticsFilter.All, Some.None))).Single().Values.ShouldBe(values);
    }

    [Fact]
    public async Task Rows_come_in_the_order_of_code_points_page_by_page()
    {
        string connectionString = await database.CreateSchemaAsync();
        await TestDatabase.ExecuteAsync(connectionString, $"{MinimalTable}, PRIMARY KEY (topic_type, topic_id, stat_date))");
        await using SqlStore store = TestDatabase.Open(connectionString);
        await store.MigrateAsync(Some.None);
        await store.Statistics.EnsureTableAsync(Bear, Some.None);
        long epoch = await Some.EpochAsync(store, 1);
        string[] types = ["B", "a", "A", "é", "b", "_"];
        StatisticsRow[] rows = [.. Enumerable.Range(0, 3300).Select(i => Some.Row(1, epoch, 1, types[i % 6], i / 6 % 50, i / 300, i, 0, 0, 0))];
        await store.Statistics.FlushAsync(Bear, rows, correct: false, Some.None);

        List<StatisticsRow> read = await Some.ListAsync(store.Statistics.ReadAsync(Bear, StatisticsFilter.All, Some.None));

        read.Select(row => row.Values[0]).ShouldBe(rows
            .OrderBy(row => row.TopicType, StringComparer.Ordinal).ThenBy(row => row.TopicId).ThenBy(row => row.Day).Select(row => row.Values[0]));
        (await Some.ListAsync(store.Statistics.ReadAsync(
            Bear, new StatisticsFilter("bear", "a", 7, rows[0].Day + 1, rows[0].Day + 2), Some.None))).Count.ShouldBe(2);
        (await Some.ListAsync(store.Statistics.ReadAsync(Bear, new StatisticsFilter("act"), Some.None))).ShouldBeEmpty();
        (await Some.ListAsync(store.Statistics.ReadAsync(Bear, new StatisticsFilter(From: int.MinValue, To: int.MaxValue), Some.None))).Count.ShouldBe(3300);
    }
}
