using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every statistics store does with tables that others made and read, in SQL.</summary>
public abstract class SqlStatisticsStoreConformance : StatisticsStoreConformance
{
    private const string KeyColumns = "topic_type varchar(64) NOT NULL, topic_id int NOT NULL, stat_date date NOT NULL";

    private static Page Old { get; } = Page with { Table = "data_load_old" };

    /// <summary>Runs statements in the test's database, beside the store.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>The first column of the first row as invariant text.</summary>
    protected abstract Task<string?> ScalarAsync(string sql);

    protected override Task PutForeignAsync(StatisticsRow row) => ExecuteAsync(
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            INSERT INTO {Page.Table} (topic_type, topic_id, stat_date, visit_cnt, pay_amount, visit_user_cnt)
            VALUES ('{row.TopicType}', {row.TopicId}, '{DateOnly.FromDayNumber(row.Day):yyyy-MM-dd}', {row.Values[0]}, {row.Values[1] / 100m}, {row.Values[2]})
            """));

    [Fact]
    public async Task A_table_that_others_made_keeps_its_rows_and_its_other_columns()
    {
        await ExecuteAsync($"CREATE TABLE data_load_old ({KeyColumns}, note varchar(20) NULL, visit_cnt bigint NOT NULL DEFAULT 0, PRIMARY KEY (topic_type, topic_id, stat_date))");
        await ExecuteAsync("INSERT INTO data_load_old (topic_type, topic_id, stat_date, note, visit_cnt) VALUES ('act', 1, '2024-02-29', 'kept', 8)");

        await Store.Statistics.EnsureTableAsync(Old, Token);

        (await Store.Statistics.CountForeignAsync(Old, Token)).ShouldBe(1);
        StatisticsRow foreign = (await AllAsync(Store.Statistics.ReadForeignAsync(Old, Token))).Single();
        foreign.Values.ShouldBe([8, 0, 0]);
        foreign.Day.ShouldBe(Day1);
        await Store.Statistics.AdoptAsync(Old, [foreign], Token);
        await Store.Statistics.FlushAsync(Old, [Row("act", 1, 0, 5, 9, 10, 1)], correct: false, Token);
        (await ScalarAsync("SELECT note FROM data_load_old")).ShouldBe("kept");
        (await ScalarAsync("SELECT visit_cnt FROM data_load_old")).ShouldBe("9");
    }

    [Fact]
    public async Task A_table_without_a_key_gets_one()
    {
        await ExecuteAsync($"CREATE TABLE data_load_old ({KeyColumns})");
        await ExecuteAsync("INSERT INTO data_load_old (topic_type, topic_id, stat_date) VALUES ('act', 1, '2024-02-29')");

        await Store.Statistics.EnsureTableAsync(Old, Token);
        await Store.Statistics.EnsureTableAsync(Old, Token);

        await Store.Statistics.FlushAsync(Old, [Row("act", 1, 0, 5, 9, 10, 1)], correct: false, Token);
        (await ScalarAsync("SELECT count(*) FROM data_load_old")).ShouldBe("1");
    }

    [Fact]
    public async Task A_table_with_two_rows_of_a_key_is_refused_by_name()
    {
        await ExecuteAsync($"CREATE TABLE data_load_old ({KeyColumns})");
        await ExecuteAsync("INSERT INTO data_load_old (topic_type, topic_id, stat_date) VALUES ('act', 1, '2024-02-29')");
        await ExecuteAsync("INSERT INTO data_load_old (topic_type, topic_id, stat_date) VALUES ('act', 1, '2024-02-29')");

        StoreException refused = await Should.ThrowAsync<StoreException>(async () => await Store.Statistics.EnsureTableAsync(Old, Token));

        refused.Message.ShouldContain("data_load_old");
    }

    [Fact]
    public async Task A_table_that_lacks_a_column_of_the_key_is_refused_by_name()
    {
        await ExecuteAsync("CREATE TABLE data_load_old (topic_type varchar(64) NOT NULL, stat_date date NOT NULL)");

        StoreException refused = await Should.ThrowAsync<StoreException>(async () => await Store.Statistics.EnsureTableAsync(Old, Token));

        refused.Message.ShouldContain("data_load_old");
        refused.Message.ShouldContain("topic_id");
    }

    [Fact]
    public async Task Names_are_quoted()
    {
        Page odd = Page with { Table = "order", Metrics = [Metric.Count("select"), Metric.Amount("group")] };

        await Store.Statistics.EnsureTableAsync(odd, Token);
        await Store.Statistics.FlushAsync(odd, [Row("act", 1, 0, 5, 3, 250)], correct: false, Token);

        (await AllAsync(Store.Statistics.ReadAsync(odd, StatisticsFilter.All, Token))).Single().Values.ShouldBe([3, 250]);
    }

    [Fact]
    public async Task A_reader_in_SQL_finds_numbers_days_and_a_time()
    {
        await FlushAsync(Row("act", 1, 0, 5, 3, 12345, 2), Row("act", 2, 0, 5, 4, 5, 2));

        (await ScalarAsync($"SELECT sum(visit_cnt) FROM {Page.Table}")).ShouldBe("7");
        (await ScalarAsync($"SELECT topic_id FROM {Page.Table} WHERE pay_amount > 100 AND stat_date = '2024-02-29'")).ShouldBe("1");
        decimal.Parse((await ScalarAsync($"SELECT sum(pay_amount) FROM {Page.Table}"))!, CultureInfo.InvariantCulture).ShouldBe(123.50m);
        (await ScalarAsync($"SELECT update_time FROM {Page.Table} LIMIT 1")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Values_left_out_by_a_writer_are_0()
    {
        await ExecuteAsync($"INSERT INTO {Page.Table} (topic_type, topic_id, stat_date) VALUES ('act', 1, '2024-02-29')");

        (await ReadAsync()).Single().Values.ShouldBe([0, 0, 0]);
    }
}
