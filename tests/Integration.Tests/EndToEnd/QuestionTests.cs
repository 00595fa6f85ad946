using System.Globalization;
using System.Net;
using System.Text.Json;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Questions about people, of a running host, compared with the people that were sent.</summary>
public sealed class QuestionTests
{
    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task People_over_days_and_topics_are_those_that_were_sent(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 117, LateRows = 0, Delayed = 0, Broken = 0 };
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(3_000));
        await scenario.ShouldEqualTallyAsync();
        DateOnly to = scenario.Tally.Rows.Max(row => row.Key.Day);
        DateOnly from = to.AddDays(-60);
        (RowKey Key, TallyRow Row)[] rows = [.. scenario.Tally.Rows.Where(row => row.Key.Table.Equals(StatTable.ActDate.Name, StringComparison.Ordinal)
            && row.Key.Day >= from).Select(row => (row.Key, row.Value))];
        rows.Select(row => row.Key.Day).Distinct().Count().ShouldBeGreaterThan(1, "people come on several days");
        string days = string.Create(CultureInfo.InvariantCulture, $"from={from:yyyy-MM-dd}&to={to:yyyy-MM-dd}");

        foreach (string column in StatTable.ActDate.Columns.Where(column => column.Kind == CellKind.Distinct).Select(column => column.Name))
        {
            JsonElement all = await host.ReadAsync($"/distinct?page=act&column={column}&{days}");
            all.GetProperty("value").GetInt64().ShouldBe(Union(rows, column).Count, column);
            all.GetProperty("complete").GetBoolean().ShouldBeTrue();
        }

        // Of two topics, and of one day; the people of both are not those of each added up.
        RowKey[] topics = [.. rows.Where(row => row.Row["visit_user_cnt"] > 0).Select(row => row.Key).DistinctBy(key => (key.TopicType, key.TopicId)).Take(2)];
        string named = string.Join('&', topics.Select(topic => $"topic={Uri.EscapeDataString($"{topic.TopicType}:{topic.TopicId}")}"));
        (RowKey Key, TallyRow Row)[] some = [.. rows.Where(row => topics.Any(topic => (topic.TopicType, topic.TopicId).Equals((row.Key.TopicType, row.Key.TopicId))))];
        (await host.ReadAsync($"/distinct?page=act&column=visit_user_cnt&{days}&{named}")).GetProperty("value").GetInt64()
            .ShouldBe(Union(some, "visit_user_cnt").Count);

        JsonElement funnel = await host.ReadAsync($"/funnel?page=act&columns=visit_user_cnt,share_user_cnt,buy_user_cnt&{days}");
        HashSet<int> left = Union(rows, "visit_user_cnt");
        foreach ((JsonElement step, string column) in funnel.GetProperty("steps").EnumerateArray().Zip(["visit_user_cnt", "share_user_cnt", "buy_user_cnt"]))
        {
            left.IntersectWith(Union(rows, column));
            step.GetProperty("people").GetInt64().ShouldBe(left.Count, column);
        }

        JsonElement retention = await host.ReadAsync($"/retention?page=act&column=visit_user_cnt&returning=share_user_cnt&days=1&{days}");
        foreach (JsonElement day in retention.GetProperty("days").EnumerateArray())
        {
            DateOnly on = DateOnly.Parse(day.GetProperty("day").GetString()!, CultureInfo.InvariantCulture);
            HashSet<int> people = Union(rows.Where(row => row.Key.Day == on), "visit_user_cnt");
            day.GetProperty("people").GetInt64().ShouldBe(people.Count);
            people.IntersectWith(Union(rows.Where(row => row.Key.Day == on.AddDays(1)), "share_user_cnt"));
            (day.GetProperty("returned")[0] is { ValueKind: JsonValueKind.Number } returned ? returned.GetInt64() : 0).ShouldBe(people.Count);
        }

        (await host.GetAsync($"/api/v1/funnel.csv?page=act&columns=visit_user_cnt,buy_user_cnt&{days}")).Body
            .ShouldStartWith($"column,people\r\nvisit_user_cnt,{Union(rows, "visit_user_cnt").Count}\r\nbuy_user_cnt,");
        using var http = new HttpClient { BaseAddress = host.Http };
        foreach (string csv in new[]
        {
            "funnel.csv?page=act&columns=visit_user_cnt,buy_user_cnt", "distinct.csv?page=act&column=visit_user_cnt",
            "retention.csv?page=act&column=visit_user_cnt&returning=share_user_cnt", $"breakdown.csv?page=act&type={Uri.EscapeDataString(topics[0].TopicType)}&id={topics[0].TopicId}",
            "trace.csv?session=nobody",
        })
        {
            byte[] plain = await http.GetByteArrayAsync($"/api/v1/{csv}&{days}");
            plain[0].ShouldBeInRange((byte)'a', (byte)'z', csv);
            (await http.GetByteArrayAsync($"/api/v1/{csv}&{days}&bom=true")).ShouldBe([0xEF, 0xBB, 0xBF, .. plain], csv);
        }

        (await host.ReadAsync($"/distinct?page=act&column=Visitors&{days}")).GetProperty("column").GetString().ShouldBe("visit_user_cnt");
        (HttpStatusCode status, string body) = await host.GetAsync($"/api/v1/funnel?page=act&columns=visit_user_cnt,off_brand_cnt&{days}");
        status.ShouldBe(HttpStatusCode.BadRequest);
        body.ShouldContain("People and brands cannot be compared: visit_user_cnt holds people, off_brand_cnt holds brands.");
        (await host.GetAsync("/api/v1/distinct?page=act&column=visit_cnt")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await host.GetAsync("/api/v1/distinct?page=act&column=visit_user_cnt&from=2000-01-01&to=2020-01-01")).Status.ShouldBe(HttpStatusCode.BadRequest);
    });

    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task Distinct_columns_are_unions_wherever_rows_are_added_up(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 72, LateRows = 0, Delayed = 0, Broken = 0 };
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(1_500));
        await scenario.ShouldEqualTallyAsync();
        (RowKey Key, TallyRow Row)[] all = [.. scenario.Tally.Rows.Select(row => (row.Key, row.Value))];
        (RowKey Key, TallyRow Row)[] act = [.. all.Where(row => row.Key.Table.Equals(StatTable.ActDate.Name, StringComparison.Ordinal))];
        const string Days = "from=2000-01-01&to=2100-01-01";

        JsonElement list = await host.ReadAsync($"/counters?page=act&{Days}&metrics=visit_cnt,visit_user_cnt&limit=500");
        JsonElement[] topics = [.. list.GetProperty("items").EnumerateArray()];
        topics.ShouldContain(topic => topic.GetProperty("days").GetInt32() > 1);
        list.GetProperty("complete").GetBoolean().ShouldBeTrue();
        foreach (JsonElement topic in topics)
        {
            (RowKey Key, TallyRow Row)[] rows = [.. act.Where(row => (row.Key.TopicType, row.Key.TopicId)
                .Equals((topic.GetProperty("type").GetString()!, topic.GetProperty("id").GetInt32())))];
            topic.GetProperty("values").GetProperty("visit_cnt").GetDecimal().ShouldBe(rows.Sum(row => row.Row["visit_cnt"]));
            topic.GetProperty("values").GetProperty("visit_user_cnt").GetInt64().ShouldBe(Union(rows, "visit_user_cnt").Count);
        }

        RowKey busiest = act.GroupBy(row => (row.Key.TopicType, row.Key.TopicId)).MaxBy(topic => topic.Count())!.First().Key;
        (RowKey Key, TallyRow Row)[] ofTopic = [.. act.Where(row => (row.Key.TopicType, row.Key.TopicId).Equals((busiest.TopicType, busiest.TopicId)))];
        ofTopic.Length.ShouldBeGreaterThan(1);
        JsonElement details = (await host.ReadAsync($"/topic?page=act&type={busiest.TopicType}&id={busiest.TopicId}")).GetProperty("pages")[0];
        details.GetProperty("total").GetProperty("visit_cnt").GetDecimal().ShouldBe(ofTopic.Sum(row => row.Row["visit_cnt"]));
        details.GetProperty("total").GetProperty("visit_user_cnt").GetInt64().ShouldBe(Union(ofTopic, "visit_user_cnt").Count);

        foreach (JsonElement page in (await host.ReadAsync($"/totals?{Days}")).GetProperty("pages").EnumerateArray())
        {
            StatTable table = page.GetProperty("page").GetString() is "act" ? StatTable.ActDate : StatTable.Bear;
            foreach (string column in table.Columns.Where(column => column.Kind == CellKind.Distinct).Select(column => column.Name))
            {
                page.GetProperty("values").GetProperty(column).GetInt64()
                    .ShouldBe(Union(all.Where(row => row.Key.Table.Equals(table.Name, StringComparison.Ordinal)), column).Count, $"{table.Name} {column}");
            }
        }

        JsonElement[] days = [.. (await host.ReadAsync($"/series?page=act&metrics=visit_user_cnt&{Days}")).GetProperty("days").EnumerateArray()];
        days.Length.ShouldBe(act.Select(row => row.Key.Day).Distinct().Count());
        foreach (JsonElement day in days)
        {
            day.GetProperty("values").GetProperty("visit_user_cnt").GetInt64().ShouldBe(
                Union(act.Where(row => row.Key.Day == DateOnly.Parse(day.GetProperty("day").GetString()!, CultureInfo.InvariantCulture)), "visit_user_cnt").Count);
        }

        foreach (string order in (string[])["sort=topic&order=asc", "sort=visit_cnt"])
        {
            string[] lines = (await host.GetAsync($"/api/v1/counters.csv?page=act&{Days}&metrics=visit_user_cnt&{order}")).Body
                .Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            lines[0].ShouldBe("topic_type,topic_id,visit_user_cnt,note");
            lines[1..].ShouldBe(
                act.GroupBy(row => (row.Key.TopicType, row.Key.TopicId)).Select(topic => FormattableString.Invariant(
                    $"{topic.Key.TopicType},{topic.Key.TopicId},{Union(topic, "visit_user_cnt").Count},")),
                ignoreOrder: true);
        }

        foreach (string order in (string[])["desc", "asc"])
        {
            (int, string, int)[] expected = [.. act.GroupBy(row => (row.Key.TopicType, row.Key.TopicId))
                .Select(topic => (People: Union(topic, "visit_user_cnt").Count, Type: topic.Key.TopicType, Id: topic.Key.TopicId))
                .OrderBy(topic => order is "desc" ? -topic.People : topic.People).ThenBy(topic => topic.Type, StringComparer.Ordinal).ThenBy(topic => topic.Id)];
            list = await host.ReadAsync($"/counters?page=act&{Days}&metrics=visit_user_cnt&sort=visit_user_cnt&order={order}&offset=1&limit=500");
            list.GetProperty("items").EnumerateArray().Select(topic => (
                topic.GetProperty("values").GetProperty("visit_user_cnt").GetInt32(), topic.GetProperty("type").GetString()!, topic.GetProperty("id").GetInt32())).ShouldBe(expected[1..]);
            list.GetProperty("total").GetInt32().ShouldBe(expected.Length);
            (await host.GetAsync($"/api/v1/counters.csv?page=act&{Days}&metrics=visit_user_cnt&sort=visit_user_cnt&order={order}")).Body
                .Split("\r\n", StringSplitOptions.RemoveEmptyEntries)[1..].ShouldBe(expected.Select(topic => FormattableString.Invariant($"{topic.Item2},{topic.Item3},{topic.Item1},")));
        }
    });

    [Fact]
    public Task An_order_that_unites_more_rows_than_may_be_is_refused_with_the_setting() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 73, LateRows = 0, Delayed = 0, Broken = 0 };
        scenario.Settings = "questions.max-sorted-rows = 3";
        HostProcess host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(300));
        await scenario.ShouldEqualTallyAsync();
        const string Order = "page=act&from=2000-01-01&to=2100-01-01&sort=visit_user_cnt";

        foreach (string path in (string[])["counters", "counters.csv"])
        {
            (HttpStatusCode status, string body) = await host.GetAsync($"/api/v1/{path}?{Order}");
            status.ShouldBe(HttpStatusCode.UnprocessableEntity, path);
            body.ShouldContain("To find the order of visit_user_cnt, the people of more than 3 rows would have to be united (dataload.questions.max-sorted-rows)");
        }

        (await host.GetAsync($"/api/v1/counters?page=act&from=2000-01-01&to=2100-01-01")).Status.ShouldBe(HttpStatusCode.OK);
    });

    private static HashSet<int> Union(IEnumerable<(RowKey Key, TallyRow Row)> rows, string column) =>
        [.. rows.SelectMany(row => row.Row.MembersOf(column))];
}
