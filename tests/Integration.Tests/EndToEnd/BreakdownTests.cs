using System.Net;
using System.Text.Json;
using Dapper;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Breakdowns that are turned on and off over a store that has a past.</summary>
public sealed class BreakdownTests
{
    [Theory]
    [InlineData(StoreKind.Sqlite)]
    [InlineData(StoreKind.PostgreSql)]
    public Task A_breakdown_that_is_turned_on_later_is_complete_when_its_table_has_its_name(StoreKind kind) => Scenario.RunAsync(kind, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 121, Unidentified = 0, LateRows = 0, Delayed = 0, Broken = 0 };
        scenario.Settings = Off;
        scenario.Tally.HasParents = false;
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(1500));
        await scenario.ShouldEqualTallyAsync();
        await host.StopAsync();

        // Killed while the past is computed, with events that come meanwhile.
        scenario.Settings = "statistics.max-backfill-events = 100";
        scenario.Tally.HasParents = true;
        host = scenario.LaunchHost();
        await scenario.SendAsync(scenario.Generator.Next(500));
        await host.WaitUntilReadyAsync();
        await host.KillAsync();
        await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(500));
        await scenario.ShouldEqualTallyAsync();

        var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify");
        verify.ExitCode.ShouldBe(0, verify.Said);
        verify.Output.ShouldContain("of breakdowns");
        await RowsShouldAddUpAsync(scenario);
    });

    [Fact]
    public Task The_table_of_a_breakdown_that_is_turned_off_stays_and_is_computed_anew_when_it_is_on_again() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 122, Unidentified = 0, LateRows = 0, Delayed = 0, Broken = 0 };
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(300));
        await scenario.ShouldEqualTallyAsync();
        await host.StopAsync();

        scenario.Settings = Off;
        scenario.Tally.HasParents = false;
        host = await scenario.StartHostAsync();
        long before = await CountAsync(scenario);
        await scenario.SendAsync(scenario.Generator.Next(300));
        await scenario.ShouldEqualTallyAsync();
        (await CountAsync(scenario)).ShouldBe(before);
        await host.StopAsync();

        scenario.Settings = "";
        scenario.Tally.HasParents = true;
        await scenario.StartHostAsync();
        await scenario.ShouldEqualTallyAsync();
    });

    [Fact]
    public Task A_node_whose_breakdowns_differ_is_refused_by_a_start_and_named_by_a_check() => Scenario.RunAsync(StoreKind.PostgreSql, async scenario =>
    {
        await scenario.StartHostAsync();
        HostProcess other = scenario.LaunchHost("pages.act.breakdowns = [parent, channel]");
        await StartTests.ShouldRefuseAsync(other, "set it as they have it, or stop all nodes and start them with the new setting");
        var check = await CommandProcess.RunOverAsync(scenario.Config, "check");
        check.ExitCode.ShouldBe(1, check.Said);
        check.Output.ShouldContain("dataload.pages turns on [data_load_act_date_by_channel]");

        await scenario.SendAsync(scenario.Generator.Next(100));
        await scenario.ShouldEqualTallyAsync();
    });

    [Theory]
    [InlineData(StoreKind.Sqlite)]
    [InlineData(StoreKind.PostgreSql)]
    public Task Rebuild_mends_rows_of_breakdowns_that_verify_names(StoreKind kind) => Scenario.RunAsync(kind, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 123, LateRows = 0, Delayed = 0, Broken = 0 };
        await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(400));
        await scenario.ShouldEqualTallyAsync();
        await using (var connection = await DatabaseUrl.Parse(scenario.Store).OpenAsync())
        {
            await connection.ExecuteAsync("update data_load_act_date_by_parent set visit_cnt = visit_cnt + 1 where parent_topic_type = 'CHANNEL'");
            await connection.ExecuteAsync("delete from data_load_bear_by_parent where parent_topic_type = ''");
        }

        var verify = await CommandProcess.RunOverAsync(scenario.Config, "verify", "--wait", "5");
        verify.ExitCode.ShouldNotBe(0, verify.Said);
        verify.Output.ShouldContain("parent=CHANNEL:");
        (await CommandProcess.RunOverAsync(scenario.Config, "rebuild")).ExitCode.ShouldBe(0);
        await scenario.ShouldEqualTallyAsync();
    });

    [Fact]
    public Task What_led_to_a_topic_and_what_a_page_led_to_are_told_as_they_were_meant() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 124, LateRows = 0, Delayed = 0, Broken = 0 };
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(800));
        await scenario.ShouldEqualTallyAsync();

        RowKey some = scenario.Tally.Parts.Where(part => part.Key.Table.Equals(StatTable.ActDate.ByParent, StringComparison.Ordinal) && part.Key.Parent!.Value.Type.Length > 0)
            .OrderByDescending(part => part.Value["visit_cnt"]).First().Key;
        string day = FormattableString.Invariant($"from={some.Day:yyyy-MM-dd}&to={some.Day:yyyy-MM-dd}&limit=500");
        JsonElement ofTopic = await host.ReadAsync(FormattableString.Invariant(
            $"/breakdown?page=act&type={Uri.EscapeDataString(some.TopicType)}&id={some.TopicId}&{day}"));
        ShouldBe(ofTopic, scenario.Tally.Parts.Where(part => (part.Key with { Parent = null }).Equals(some with { Parent = null })));
        ofTopic.GetProperty("why").ValueKind.ShouldBe(JsonValueKind.Null);

        JsonElement ofParent = await host.ReadAsync(FormattableString.Invariant(
            $"/breakdown?page=act&value={Uri.EscapeDataString(some.Parent!.Value.Type)}%3A{some.Parent.Value.Id}&{day}"));
        ShouldBe(ofParent, scenario.Tally.Parts.Where(part => part.Key.Table.Equals(some.Table, StringComparison.Ordinal)
            && part.Key.Day == some.Day && part.Key.Parent == some.Parent));

        (await host.GetAsync($"/api/v1/breakdown?page=act&{day}")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await host.GetAsync($"/api/v1/breakdown?page=act&by=channel&type=a&id=1&{day}")).Status.ShouldBe(HttpStatusCode.Conflict);
    });

    [Theory]
    [InlineData(StoreKind.Sqlite)]
    [InlineData(StoreKind.PostgreSql)]
    public Task The_parts_of_several_days_are_summed_sorted_and_paged_and_their_people_are_united(StoreKind kind) => Scenario.RunAsync(kind, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 125, LateRows = 0, Delayed = 0, Broken = 0 };
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(800));
        await scenario.ShouldEqualTallyAsync();

        List<KeyValuePair<RowKey, TallyRow>> all = [.. scenario.Tally.Parts.Where(part => part.Key.Table.Equals(StatTable.ActDate.ByParent, StringComparison.Ordinal))];
        List<KeyValuePair<RowKey, TallyRow>> parts = [.. all.GroupBy(part => part.Key.Parent).MaxBy(parent => parent.Count())!];
        RowKey some = parts[0].Key;
        string question = FormattableString.Invariant(
            $"/breakdown/totals?page=act&value={Uri.EscapeDataString(some.Parent!.Value.Type)}%3A{some.Parent.Value.Id}&metrics=visit_user_cnt,visit_cnt");
        const string Always = "from=2000-01-01&to=2100-01-01";

        JsonElement byTopic = await host.ReadAsync($"{question}&{Always}&sort=visit_cnt&limit=500");
        byTopic.GetProperty("items").EnumerateArray()
            .Select(item => (item.GetProperty("type").GetString(), item.GetProperty("id").GetInt32(), item.GetProperty("rows").GetInt32(), Visits(item), Visitors(item)))
            .ShouldBe(parts.GroupBy(part => (part.Key.TopicType, part.Key.TopicId))
                .Select(topic => ((string?)topic.Key.TopicType, topic.Key.TopicId, topic.Count(), topic.Sum(part => part.Value["visit_cnt"]), Union(topic)))
                .OrderByDescending(topic => topic.Item4).ThenBy(topic => topic.Item1, StringComparer.Ordinal).ThenBy(topic => topic.TopicId));
        (byTopic.GetProperty("complete").GetBoolean(), byTopic.GetProperty("why").ValueKind).ShouldBe((true, JsonValueKind.Null));
        byTopic.GetProperty("items").EnumerateArray().ShouldContain(item => item.GetProperty("rows").GetInt32() > 1, "the seed has a topic of several days");

        JsonElement second = await host.ReadAsync($"{question}&{Always}&sort=visit_cnt&offset=1&limit=1");
        second.GetProperty("total").GetInt32().ShouldBe(byTopic.GetProperty("items").GetArrayLength());
        second.GetProperty("items").EnumerateArray().Select(Visits).ShouldBe([Visits(byTopic.GetProperty("items")[1])]);

        foreach (bool isDescending in (bool[])[true, false])
        {
            string order = $"sort=visit_user_cnt&order={(isDescending ? "desc" : "asc")}&limit=500";
            JsonElement byPeople = await host.ReadAsync($"{question}&{Always}&{order}");
            Sorted(parts.GroupBy(part => (part.Key.TopicType, part.Key.TopicId)).Select(topic => (Union(topic), topic.Key.TopicType, topic.Key.TopicId)), isDescending)
                .ShouldBe(byPeople.GetProperty("items").EnumerateArray()
                    .Select(item => (Visitors(item), item.GetProperty("type").GetString()!, item.GetProperty("id").GetInt32())));

            // What led to a topic, over its days.
            var topic = all.GroupBy(part => (part.Key.TopicType, part.Key.TopicId)).MaxBy(topic => topic.Select(part => part.Key.Day).Distinct().Count())!;
            JsonElement ofTopic = await host.ReadAsync(
                $"/breakdown/totals?page=act&type={Uri.EscapeDataString(topic.Key.TopicType)}&id={topic.Key.TopicId}&metrics=visit_user_cnt&{Always}&{order}");
            Sorted(topic.GroupBy(part => part.Key.Parent!.Value).Select(parent => (Union(parent), parent.Key.Type, parent.Key.Id)), isDescending)
                .ShouldBe(ofTopic.GetProperty("items").EnumerateArray()
                    .Select(item => (Visitors(item), item.GetProperty("value").GetString()!, item.GetProperty("valueId").GetInt32())));
            ofTopic.GetProperty("items").EnumerateArray().ShouldContain(item => item.GetProperty("rows").GetInt32() > 1, "the seed has a part of several days");
        }

        JsonElement byDay = await host.ReadAsync($"{question}&{Always}&per=day&order=asc&limit=500");
        byDay.GetProperty("items").EnumerateArray().Select(item => (item.GetProperty("day").GetString(), Visits(item), Visitors(item))).ShouldBe(
            parts.GroupBy(part => part.Key.Day).OrderBy(day => day.Key)
                .Select(day => ((string?)FormattableString.Invariant($"{day.Key:yyyy-MM-dd}"), day.Sum(part => part.Value["visit_cnt"]), Union(day))));
        (await host.ReadAsync($"{question}&{Always}&per=day&sort=visit_user_cnt&limit=500")).GetProperty("items").EnumerateArray().Select(Visitors).ShouldBe(
            parts.GroupBy(part => part.Key.Day).Select(Union).OrderDescending());

        JsonElement ofDay = await host.ReadAsync(FormattableString.Invariant(
            $"/breakdown/totals?page=act&type={Uri.EscapeDataString(some.TopicType)}&id={some.TopicId}&from={some.Day:yyyy-MM-dd}&to={some.Day:yyyy-MM-dd}&sort=visit_user_cnt&limit=500"));
        ofDay.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("values").GetProperty("visit_user_cnt").GetDecimal()).ShouldBe(
            scenario.Tally.Parts.Where(part => (part.Key with { Parent = null }).Equals(some with { Parent = null }))
                .Select(part => part.Value["visit_user_cnt"]).OrderDescending());

        // A value that is there and empty is one, of which a parent has none; it does not stand for all.
        (await host.GetAsync(FormattableString.Invariant($"/api/v1/breakdown?page=act&type={Uri.EscapeDataString(some.TopicType)}&id={some.TopicId}&value=")))
            .Status.ShouldBe(HttpStatusCode.BadRequest);
        (await host.GetAsync("/api/v1/catalog")).Body.ShouldContain("\"breakdowns\":[\"parent\"]");

        static decimal Visits(JsonElement item) => item.GetProperty("values").GetProperty("visit_cnt").GetDecimal();

        static int Visitors(JsonElement item) => item.GetProperty("values").GetProperty("visit_user_cnt").GetInt32();

        static int Union(IEnumerable<KeyValuePair<RowKey, TallyRow>> rows) => rows.SelectMany(row => row.Value.MembersOf("visit_user_cnt")).Distinct().Count();

        static IEnumerable<(int, string, int)> Sorted(IEnumerable<(int People, string Type, int Id)> rows, bool isDescending) =>
            (isDescending ? rows.OrderByDescending(row => row.People) : rows.OrderBy(row => row.People)).ThenBy(row => row.Type, StringComparer.Ordinal).ThenBy(row => row.Id);
    });

    private static void ShouldBe(JsonElement found, IEnumerable<KeyValuePair<RowKey, TallyRow>> meant) => found.GetProperty("rows").EnumerateArray()
        .Select(row => (row.GetProperty("type").GetString(), row.GetProperty("id").GetInt32(), row.GetProperty("value").GetString(), row.GetProperty("valueId").GetInt32(),
            row.GetProperty("values").GetProperty("visit_cnt").GetDecimal(), row.GetProperty("values").GetProperty("visit_user_cnt").GetDecimal()))
        .ShouldBe(
            meant.Select(part => ((string?)part.Key.TopicType, part.Key.TopicId, (string?)part.Key.Parent!.Value.Type, part.Key.Parent.Value.Id,
                part.Value["visit_cnt"], part.Value["visit_user_cnt"])),
            ignoreOrder: true);

    private const string Off = "pages { bear.breakdowns = [], act.breakdowns = [] }";

    private static async Task<long> CountAsync(Scenario scenario)
    {
        await using var connection = await DatabaseUrl.Parse(scenario.Store).OpenAsync();
        return await connection.ExecuteScalarAsync<long>("select sum(visit_cnt) from data_load_act_date_by_parent");
    }

    /// <summary>What the tables say of themselves: the counts of the parts are those of the whole.</summary>
    private static async Task RowsShouldAddUpAsync(Scenario scenario)
    {
        await using var connection = await DatabaseUrl.Parse(scenario.Store).OpenAsync();
        (await connection.ExecuteScalarAsync<long>(
            """
            select count(*) from data_load_act_date t
            where t.visit_cnt <> (select sum(p.visit_cnt) from data_load_act_date_by_parent p
                where p.topic_type = t.topic_type and p.topic_id = t.topic_id and p.stat_date = t.stat_date)
            """)).ShouldBe(0);
    }
}
