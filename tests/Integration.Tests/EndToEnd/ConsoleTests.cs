using System.Text.Json;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>The commands that ask a running node, as processes of their own, against a real one.</summary>
public sealed class ConsoleTests
{
    [Fact]
    public Task Commands_show_and_do_what_the_node_has() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 91, LateRows = 0, Delayed = 0, Broken = 0.1 };
        var host = await scenario.StartHostAsync();
        await scenario.SendAsync(scenario.Generator.Next(400));
        await scenario.ShouldEqualTallyAsync();
        await scenario.ShouldHaveDeadLettersAsync();

        var look = await RunAsync(
            host,
            "status --json",
            "streams --json",
            "dead list --json",
            "dead list --messages --limit 1 --json",
            "counters top --by visit_cnt --from 2000-01-01 --to 2100-01-01 --limit 1 --json",
            "settings sharding.shards --json",
            "pause act.share --json",
            "streams act.share --json",
            "resume act.share --json",
            "checkpoint --json",
            "shards --json",
            "log tail --lines 1 --count 1 --json",
            "actors /system/sharding --depth 5 --children 2 --json");
        look.Errors.ShouldBeEmpty();
        look.ExitCode.ShouldBe(0);
        var answers = look.Json;
        answers.Length.ShouldBe(13);
        answers[0].GetProperty("totals").GetProperty("events").GetInt64().ShouldBe(scenario.Tally.Events);
        foreach (var stream in answers[1].GetProperty("streams").EnumerateArray())
        {
            var name = stream.GetProperty("name").GetString()!;
            stream.GetProperty("totals").GetProperty("events").GetInt64().ShouldBe(scenario.Tally.EventsByStream.GetValueOrDefault(name), name);
        }

        answers[2].GetProperty("total").GetInt64().ShouldBe(scenario.Tally.DeadLetterCount);
        answers[6].GetProperty("paused").GetBoolean().ShouldBeTrue();
        answers[7].GetProperty("state").GetString().ShouldBe("paused");
        answers[8].GetProperty("paused").GetBoolean().ShouldBeFalse();
        answers[10].GetProperty("shards").EnumerateArray()
            .ShouldAllBe(shard => shard.GetProperty("sequenceNr").GetInt64() == shard.GetProperty("checkpointSequenceNr").GetInt64());

        answers[11].GetProperty("message").GetString().ShouldNotBeNullOrEmpty();

        // The region has its shards as children, each a supervisor, that its Partition, and that its Counters.
        JsonElement[] actors = [.. answers[12].GetProperty("actors").EnumerateArray()];
        actors[0].GetProperty("path").GetString().ShouldBe("/system/sharding");
        actors.ShouldAllBe(actor => actor.GetProperty("state").GetString() == "running");
        var partition = actors.First(actor => actor.GetProperty("type").GetString()!.EndsWith(".PartitionActor", StringComparison.Ordinal));
        partition.GetProperty("depth").GetInt32().ShouldBe(4);
        partition.GetProperty("listed").GetInt32().ShouldBe(Math.Min(2, partition.GetProperty("children").GetInt32()));

        // What one command names, the next one finds.
        var topic = answers[4].GetProperty("items")[0];
        var (type, id) = (topic.GetProperty("type").GetString(), topic.GetProperty("id").GetInt32());
        var letter = answers[3].GetProperty("items")[0].GetProperty("id").GetString();
        var more = await RunAsync(
            host,
            $"topic '{type}' {id} --page act --from 2000-01-01 --to 2100-01-01 --json",
            $"journal --topic '{type}:{id}' --stream act.visit --limit 500 --json",
            $"dead show {letter} --json",
            $"dead purge {letter} --yes --json",
            "audit --json");
        more.Errors.ShouldBeEmpty();
        more.ExitCode.ShouldBe(0);
        var visits = topic.GetProperty("values").GetProperty("visit_cnt").GetInt64();
        more.Json[0].GetProperty("pages")[0].GetProperty("days").EnumerateArray().Sum(day => day.GetProperty("values").GetProperty("visit_cnt").GetInt64())
            .ShouldBe(visits);
        more.Json[1].GetProperty("entries").GetArrayLength().ShouldBe((int)visits);
        more.Json[2].GetProperty("id").GetString().ShouldBe(letter);
        more.Json[3].GetProperty("left").GetInt64().ShouldBe(scenario.Tally.DeadLetterCount - 1);
        string[] actions = [.. more.Json[4].GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("action").GetString()!)];
        actions.Where(action => action is not "dead.show").ShouldBe(["dead.purge", "checkpoint", "stream.resume", "stream.pause"]);

        // The same as a one-shot, for people.
        var oneShot = await CommandProcess.RunAsync("", "dead", "list", "--address", host.Http.ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(oneShot.Output);
        oneShot.ExitCode.ShouldBe(0);
        oneShot.Output.ShouldStartWith("stream\treason\tcount\toldest\tnewest\tfor example\n");
        oneShot.Output.ShouldNotContain("\e");

        // Without an address the node that runs here is found; where nodes of other stores do too, all of them are named.
        var unnamed = await CommandProcess.RunAsync("", "status");
        unnamed.Errors.ShouldContain(host.Http.GetLeftPart(UriPartial.Authority));
        if (unnamed.ExitCode != 2)
        {
            unnamed.Errors.ShouldStartWith("dataload: asking the node at ");
            unnamed.Output.ShouldStartWith("node\t");
        }

        // A stream that does not exist is no stream without dead letters.
        foreach (var command in new[] { "requeue", "purge" })
        {
            var unknown = await CommandProcess.RunAsync("", "dead", command, "--stream", "act.sale", "--yes", "--address", host.Http.ToString());
            (unknown.ExitCode, unknown.Output).ShouldBe((1, ""));
            unknown.Errors.ShouldContain("stream = act.sale: expected one of bear.visit, bear.share, act.visit");
            unknown.Errors.ShouldEndWith(" Did you mean act.share?\n");
        }

        // A topic is found in other letters, as the tables have it.
        var other = await CommandProcess.RunAsync("", "topic", $"{type}:{id}".ToLowerInvariant(), "--from", "2000-01-01", "--address", host.Http.ToString());
        other.ExitCode.ShouldBe(0, other.Errors);
        other.Errors.ShouldEndWith($"; this is topic {type}:{id}\n");
    });

    private static Task<CommandProcess> RunAsync(HostProcess host, params string[] lines) =>
        CommandProcess.RunAsync(string.Join('\n', lines) + "\n", "console", "--address", host.Http.ToString());
}
