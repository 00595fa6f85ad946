using System.Net;
using System.Text;
using System.Text.Json;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>What the API of a running host says of what was sent.</summary>
public sealed class ApiTests
{
    [Fact]
    public Task A_start_beyond_loopback_without_a_token_is_refused_in_one_sentence() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = scenario.LaunchHost("http.urls = \"http://0.0.0.0:1\"");
        await host.WaitForExitAsync();

        host.ExitCode.ShouldBe(2);
        host.Errors.Trim().ShouldNotContain("\n");
        host.Errors.ShouldContain("DATALOAD_HTTP_OPERATOR_TOKEN");
    });

    [Theory]
    [Stores(inEveryRun: StoreKind.Sqlite)]
    public Task Status_counters_journal_and_tail_agree_with_what_was_sent(StoreKind store) => Scenario.RunAsync(store, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 71, LateRows = 0, Delayed = 0, Broken = 0, Unidentified = 0 };
        var host = await scenario.StartHostAsync();
        using var http = new HttpClient { BaseAddress = host.Http };
        await using var tail = await http.GetStreamAsync("/api/v1/tail?rate=1000");
        using var live = new StreamReader(await http.GetStreamAsync("/api/v1/live"));
        await scenario.SendAsync(scenario.Generator.Next(1_000));
        await scenario.ShouldEqualTallyAsync();

        var status = await host.ReadAsync("/status");
        status.GetProperty("state").GetString().ShouldBe("ready");
        status.GetProperty("totals").GetProperty("events").GetInt64().ShouldBe(scenario.Tally.EventsByStream.Values.Sum());
        status.GetProperty("broker").GetProperty("ok").GetBoolean().ShouldBeTrue();

        // All topics of all days, page by page: their visits are the events of their stream.
        long visits = 0;
        long total;
        var offset = 0;
        do
        {
            var page = await host.ReadAsync($"/counters?page=act&from=2000-01-01&to=2100-01-01&metrics=visit_cnt,pay_amount&limit=100&offset={offset}");
            total = page.GetProperty("total").GetInt64();
            visits += page.GetProperty("items").EnumerateArray().Sum(topic => topic.GetProperty("values").GetProperty("visit_cnt").GetInt64());
            offset += 100;
        }
        while (offset < total);

        visits.ShouldBe(scenario.Tally.EventsByStream["act.visit"]);
        var csv = (await host.GetAsync("/api/v1/counters.csv?page=act&from=2000-01-01&to=2100-01-01&metrics=visit_cnt&sort=topic&order=asc")).Body.Split("\r\n",
            StringSplitOptions.RemoveEmptyEntries);
        csv[0].ShouldBe("topic_type,topic_id,visit_cnt");
        csv.Length.ShouldBe((int)total + 1);
        csv[1..].Sum(line => long.Parse(line[(line.LastIndexOf(',') + 1)..], System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(visits);

        // The journal holds each event once, and shows no user unasked.
        long entries = 0;
        foreach (var shard in (await host.ReadAsync("/shards")).GetProperty("shards").EnumerateArray())
        {
            string? after = "0";
            while (after is not null)
            {
                var page = await host.ReadAsync($"/journal?shard={shard.GetProperty("shard").GetInt32()}&after={after}&limit=50");
                entries += page.GetProperty("entries").GetArrayLength();
                page.GetRawText().ShouldNotContain("userId");
                after = page.GetProperty("next").GetString();
            }
        }

        entries.ShouldBe(scenario.Tally.EventsByStream.Values.Sum());
        (await ReadUntilAsync(tail, "event: counted")).ShouldNotContain("session");
        (await live.ReadLineAsync()).ShouldBe(":");
        (await ReadUntilAsync(live.BaseStream, "event: delta")).ShouldNotBeNull();
        (await host.GetAsync("/api/v1/counters?page=no")).Status.ShouldBe(HttpStatusCode.BadRequest);
        await host.DoAsync("/checkpoint");
        (await host.ReadAsync("/status")).GetProperty("uncheckpointed").GetInt64().ShouldBe(0);
    });

    [Fact]
    public Task The_log_and_the_actors_are_those_of_the_node() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        var host = await scenario.StartHostAsync();
        using var http = new HttpClient { BaseAddress = host.Http };
        await using var log = await http.GetStreamAsync("/api/v1/log/tail?level=information&category=DataLoad&lines=1000");

        // What was logged before comes first, and what is logged now follows.
        (await ReadUntilAsync(log, "\"eventId\":6014,")).ShouldContain("founds a cluster");
        await host.DoAsync("/streams/act.share/pause");
        (await ReadUntilAsync(log, "is paused on demand")).ShouldContain("Stream act.share");

        var tree = await host.ReadAsync("/actors?depth=16");
        tree.GetProperty("actors")[0].GetProperty("path").GetString().ShouldBe("/user");
        tree.GetProperty("actors").GetArrayLength().ShouldBeGreaterThan(1);
        var unknown = await host.GetAsync("/api/v1/actors?path=/user/nobody");
        unknown.Status.ShouldBe(HttpStatusCode.NotFound);
        unknown.Body.ShouldContain("path = /user/nobody: no such actor runs on the node now");
    });

    private static async Task<string> ReadUntilAsync(Stream stream, string text)
    {
        using var patience = new CancellationTokenSource(Deadline.Usual);
        var read = new StringBuilder();
        var buffer = new byte[64 * 1024];
        while (!read.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, patience.Token);
            count.ShouldBeGreaterThan(0);
            read.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return read.ToString();
    }
}
