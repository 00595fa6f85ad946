using DataLoad.Host.Commands;
using DataLoad.Host.Tests.Commands;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Operating;

/// <summary><c>dataload backfill</c> against a node that answers as it is told.</summary>
public sealed class BackfillCommandTests : IAsyncLifetime
{
    private StubNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await StubNode.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Backfill_shows_what_is_incomplete_what_is_lacking_and_how_far_Partitions_are_and_is_stopped_and_resumed()
    {
        const string Report = """{"stoppedAt":null,"shards":8,"items":[{"name":"t.a","kind":"metric","page":"act","table":"t","column":"a","by":null,"complete":false,"shardsDone":3,"since":null,"lacksBefore":null}],"partitions":[{"shard":4,"node":"n","state":"computing","names":["t.a"],"pass":2,"read":10,"through":90,"counters":7,"error":null}]}""";
        _node.Answers("GET /api/v1/backfill", Report);
        CommandRun run = await RunAsync("backfill");
        run.Code.ShouldBe(ExitCode.Done);
        run.Output.ShouldBe(Lines(
            "name\twhat\tstate\tshards\tcounted since\tlacks what was journaled before", "t.a\tmetric\tincomplete\t3 of 8\t\t",
            "shard\tnode\tstate\tpass\tblocks read\tof\tcounters done", "4\tn\tcomputing\t2\t10\t90\t7"));
        (await RunAsync("backfill", "--json")).Output.ShouldBe(Report + Environment.NewLine);

        _node.Answers("GET /api/v1/backfill", Report.Replace("\"error\":null", "\"error\":\"ALTER TABLE t RENAME\"", StringComparison.Ordinal));
        run = await RunAsync("backfill");
        run.Code.ShouldBe(ExitCode.Found);
        run.Output.ShouldEndWith(Lines("ALTER TABLE t RENAME"));

        _node.Answers("POST /api/v1/backfill/stop", Report.Replace("\"stoppedAt\":null", "\"stoppedAt\":1764000000000", StringComparison.Ordinal));
        (await RunAsync("backfill", "stop")).Output.ShouldBe(Lines("No past is computed until 'dataload backfill resume'; not complete: t.a."));
        _node.Answers("POST /api/v1/backfill/resume", Report);
        (await RunAsync("backfill", "resume")).Output.ShouldBe(Lines("The past is computed where something is missing: t.a."));
    }

    private static string Lines(params string[] lines) => string.Concat(lines.Select(line => line + Environment.NewLine));

    private Task<CommandRun> RunAsync(params string[] words) => CommandRun.OfAsync([.. words, "--address", _node.Address]);
}
