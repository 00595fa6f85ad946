using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>The way of sessions, of a running host that is killed in between, compared with what was sent.</summary>
public sealed class TraceTests
{
    private const int Sessions = 40;

    private static readonly (StreamInfo Stream, string Column, string Users)[] Streams =
    [
        (ContractStreams.ActShare, "share_cnt", "share_user_cnt"),
        (ContractStreams.ActLottery, "lottery_cnt", "lottery_user_cnt"),
        (ContractStreams.ActH5Visit, "h5_visit_cnt", "h5_visit_user_cnt"),
        (ContractStreams.BearShare, "share_cnt", "share_user_cnt"),
    ];

    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task The_way_of_every_session_is_what_was_sent_of_it_over_all_streams_topics_and_days(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        HostProcess host = await scenario.StartHostAsync();
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var random = new Random(7);
        Sent[] sent = [.. Enumerable.Range(0, 1200).Select(i => new Sent(
            i, $"{random.Next(Sessions):x8}{(i % 2 == 0 ? "ABCDEF" : "abcdef")}", random.Next(Streams.Length), 1 + random.Next(9), random.Next(3) == 0 ? 1 + random.Next(5) : null,
            random.Next(50), now - 60_000 - random.NextInt64(3 * 86_400_000L)))];
        await scenario.PublishAsync([.. sent[..500].Select(MessageOf)]);
        await host.KillAsync();
        await scenario.PublishAsync([.. sent[500..].Select(MessageOf)]);
        host = await scenario.StartHostAsync();
        await Deadline.UntilAsync("all events", async () =>
            (await host.ReadAsync($"/trace?session={sent[^1].Session}&limit=1")).GetProperty("events").GetInt64() == Count(sent, sent[^1].Session));
        await host.WaitUntilSettledAsync(sent.Length - 500);

        foreach (IGrouping<string, Sent> session in sent.GroupBy(one => one.Session, StringComparer.Ordinal))
        {
            JsonElement found = await host.ReadAsync($"/trace?session={session.Key}&limit=500");
            found.GetProperty("complete").GetBoolean().ShouldBeTrue();
            found.GetProperty("events").GetInt64().ShouldBe(session.Count());
            JsonElement[] items = [.. found.GetProperty("items").EnumerateArray()];
            items.Select(LineOf).Order(StringComparer.Ordinal).ShouldBe(session.Select(LineOf).Order(StringComparer.Ordinal), session.Key);
            items.Select(item => item.GetProperty("event").GetProperty("time").GetInt64()).ShouldBeInOrder();
        }

        await TraceOneAsync(scenario, host, sent[0].Session, Count(sent, sent[0].Session));
    });

    private static int Count(Sent[] sent, string session) => sent.Count(one => string.Equals(one.Session, session, StringComparison.Ordinal));

    private static async Task TraceOneAsync(Scenario scenario, HostProcess host, string session, int events)
    {
        var read = new List<string>();
        string? after = "";
        while (after is not null)
        {
            JsonElement page = await host.ReadAsync($"/trace?session={session}&limit=7{after}");
            read.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("event").GetRawText()));
            after = page.GetProperty("next").GetString() is { } next ? $"&after={next}" : null;
        }

        (read.Count, read.Distinct(StringComparer.Ordinal).Count()).ShouldBe((events, events));
        string[] csv = (await host.GetAsync($"/api/v1/trace.csv?session={session}")).Body.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        csv.Length.ShouldBe(events + 1);
        csv[0].ShouldStartWith("time,stream,topic_type,topic_id,stat_date,parent_type,parent_id,");
        CommandProcess command = await CommandProcess.RunOverAsync(scenario.Config, "trace", session);
        command.ExitCode.ShouldBe(0, command.Said);
        command.Output.ShouldContain($"{session}: {events} events.");

        JsonElement nobody = await host.ReadAsync("/trace?session=nobody");
        (nobody.GetProperty("events").GetInt64(), nobody.GetProperty("items").GetArrayLength(), nobody.GetProperty("complete").GetBoolean()).ShouldBe((0, 0, true));
        (await host.GetAsync("/api/v1/trace")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await host.GetAsync($"/api/v1/trace?session={session}&after=12")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await host.ReadAsync("/audit?action=trace&limit=1")).GetProperty("entries")[0].GetProperty("target").GetString().ShouldBe("nobody");
    }

    private static WireMessage MessageOf(Sent one)
    {
        string parent = one.Parent is { } id ? string.Create(CultureInfo.InvariantCulture, $"\"parentTopicType\":\"PAGE\",\"parentTopicId\":{id},") : "";
        string json = string.Create(CultureInfo.InvariantCulture,
            $$"""{"sessionStr":"{{one.Session}}",{{parent}}"topicType":"ACTIVITY","topicId":{{one.Topic}},"wuId":{{one.User}},"channelType":"c{{one.Number}}","ctime":{{one.TimeMs}}}""");
        return new WireMessage(Streams[one.Stream].Stream, Encoding.UTF8.GetBytes(json)) { ContentType = "application/json" };
    }

    private static string LineOf(Sent one) => string.Create(CultureInfo.InvariantCulture,
        $"{one.TimeMs} {Streams[one.Stream].Stream.Name} ACTIVITY:{one.Topic} {(one.Parent is { } id ? $"PAGE:{id}" : "-")} c{one.Number} {one.User} +{1} +{(one.User > 0 ? 1 : 0)}");

    private static string LineOf(JsonElement item)
    {
        JsonElement one = item.GetProperty("event");
        JsonElement added = item.GetProperty("added");
        (_, string column, string users) = Streams.First(each => string.Equals(each.Stream.Name, one.GetProperty("stream").GetString(), StringComparison.Ordinal));
        string parent = one.GetProperty("parentId").ValueKind == JsonValueKind.Null ? "-" : $"{one.GetProperty("parentType").GetString()}:{one.GetProperty("parentId").GetInt32()}";
        long brought = added.TryGetProperty(users, out JsonElement people) ? people.GetInt64() : 0;
        added.EnumerateObject().Count().ShouldBe(brought > 0 ? 2 : 1);
        return string.Create(CultureInfo.InvariantCulture,
            $"{one.GetProperty("time").GetInt64()} {one.GetProperty("stream").GetString()} {one.GetProperty("type").GetString()}:{one.GetProperty("id").GetInt32()} {parent} {one.GetProperty("channelType").GetString()} {one.GetProperty("userId").GetInt32()} +{added.GetProperty(column).GetInt64()} +{brought}");
    }

    private sealed record Sent(int Number, string Session, int Stream, int Topic, int? Parent, int User, long TimeMs);
}
