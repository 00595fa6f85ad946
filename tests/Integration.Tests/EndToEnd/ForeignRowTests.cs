using Dapper;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Statistics tables that somebody else made and filled.</summary>
public sealed class ForeignRowTests
{
    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task Rows_that_something_else_wrote_are_refused_or_added_to(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        var day = new DateOnly(2024, 5, 1);
        await MakeForeignRowAsync(scenario.Store, day);
        await StartTests.ShouldRefuseAsync(scenario.LaunchHost(), "dataload.statistics.adopt-existing-rows");

        scenario.Settings = "statistics.adopt-existing-rows = true";
        var host = await scenario.StartHostAsync();
        var noon = new DateTimeOffset(2024, 5, 1, 12, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();
        List<WireMessage> shares = [];
        for (var share = 0; share < 30; share++)
        {
            var json = FormattableString.Invariant(
                $"{{\"sessionStr\":\"s{share}\",\"topicType\":\"ACTIVITY\",\"topicId\":5,\"wuId\":{1 + (share % 10)},\"ctime\":{noon + share}}}");
            shares.Add(new WireMessage(ContractStreams.ActShare, System.Text.Encoding.UTF8.GetBytes(json)) { ContentType = "application/json", MessageId = FormattableString.Invariant($"share-{share}") });
        }

        await scenario.PublishAsync(shares);
        await ShouldHoldAsync(scenario.Store, day, shares: 130, users: 17);

        // The baseline is the engine's own from then on, also after a crash.
        await host.KillAsync();
        scenario.Settings = "cluster { time-to-live = 2s, heartbeat-interval = 500ms }";
        host = await scenario.StartHostAsync();
        await scenario.PublishAsync(shares);
        await scenario.PublishAsync(
            [shares[0]
            with { MessageId = "another", Body = System.Text.Encoding.UTF8.GetBytes(
            FormattableString.Invariant($"{{\"sessionStr\":\"new\",\"topicType\":\"ACTIVITY\",\"topicId\":5,\"wuId\":11,\"ctime\":{noon}}}")) }]);
        await ShouldHoldAsync(scenario.Store, day, shares: 131, users: 18);

        // Who was counted before is known of neither row, of the one that no event came for since as little as of the other.
        var topic = (await host.ReadAsync("/counters?page=act&from=2024-05-01&to=2024-05-02")).GetProperty("items")[0];
        topic.GetProperty("values").GetProperty("share_cnt").GetInt64().ShouldBe(134);
        topic.GetProperty("values").GetProperty("share_user_cnt").GetInt64().ShouldBe(11);
        topic.GetProperty("why").GetString().ShouldBe("2 rows were adopted, and who was counted in them before is not known: 9 are not in the answer.");
        var csv = (await host.GetAsync("/api/v1/counters.csv?page=act&from=2024-05-01&to=2024-05-02&metrics=share_user_cnt")).Body;
        csv.ShouldContain("\r\nACTIVITY,5,11,\"2 rows were adopted, ");
        foreach (var path in (string[])["/counters?page=act&", "/series?page=act&", "/totals?", "/distinct?page=act&column=share_user_cnt&"])
        {
            var answer = await host.ReadAsync($"{path}from=2024-05-01&to=2024-05-02");
            answer = answer.TryGetProperty("pages", out var pages) ? pages.EnumerateArray().Single(page => page.GetProperty("page").GetString() is "act") : answer;
            answer.GetProperty("complete").GetBoolean().ShouldBeFalse(path);
            answer.GetProperty("why").GetString()!.ShouldContain("2 rows were adopted");
        }

        // Nobody knows what led to them, either; the people who came since are united.
        const string lacking = "What stood before the journal begins, or was adopted, has no parts: 100 of share_cnt on 2024-05-01";
        foreach (var side in (string[])["type=ACTIVITY&id=5", "value=%3A0", "value=%3A0&per=day"])
        {
            var parts = await host.ReadAsync($"/breakdown/totals?page=act&{side}&from=2024-05-01&to=2024-05-02");
            parts.GetProperty("items")[0].GetProperty("values").GetProperty("share_user_cnt").GetInt64().ShouldBe(11);
            parts.GetProperty("complete").GetBoolean().ShouldBeFalse(side);
            parts.GetProperty("why").GetString()!.ShouldStartWith(lacking, Case.Sensitive, side);
        }

        (await host.ReadAsync("/breakdown?page=act&value=%3A0&from=2024-05-01&to=2024-05-02")).GetProperty("why").GetString().ShouldBe($"{lacking}.");
    });

    private static async Task MakeForeignRowAsync(string store, DateOnly day)
    {
        await using var connection = await DatabaseUrl.Parse(store).OpenAsync();
        var columns = StatTable.ActDate.Columns.Select(column =>
            $"{column.Name} {(column.Kind == CellKind.Amount ? "decimal(18,2)" : "bigint")} not null default 0");
        await connection.ExecuteAsync($"""
            create table data_load_act_date (
              topic_type varchar(64) not null, topic_id int not null, stat_date date not null,
              {string.Join(", ", columns)}, update_time timestamp, primary key (topic_type, topic_id, stat_date));
            insert into data_load_act_date (topic_type, topic_id, stat_date, share_cnt, share_user_cnt, pay_amount)
            values ('ACTIVITY', 5, '{day:yyyy-MM-dd}', 100, 7, 12.34), ('ACTIVITY', 5, '{day.AddDays(1):yyyy-MM-dd}', 3, 2, 1)
            """);
    }

    private static async Task ShouldHoldAsync(string store, DateOnly day, int shares, int users)
    {
        var (count, distinct, paid) = (StatTable.ActDate.IndexOf("share_cnt"), StatTable.ActDate.IndexOf("share_user_cnt"),
            StatTable.ActDate.IndexOf("pay_amount"));
        var shown = "";
        await Deadline.UntilAsync($"{shares} shares of {users} users", async () =>
        {
            await using var connection = await DatabaseUrl.Parse(store).OpenAsync();
            var row = (await StatRows.ReadAsync(connection)).Single(row => row.Key.Equals(new RowKey("data_load_act_date", "ACTIVITY", 5, day)));
            shown = $"{row.Value[count]} shares of {row.Value[distinct]} users, paid {row.Value[paid]}";
            return row.Value[count] == shares;
        });
        shown.ShouldBe(FormattableString.Invariant($"{shares} shares of {users} users, paid 12.34"));
    }
}
