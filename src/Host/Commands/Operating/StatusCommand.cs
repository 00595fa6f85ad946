using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload status</c>: the node in one look.</summary>
internal static class StatusCommand
{
    private const string Details = """
        Shows the node's state and why, what it needs and whether that is there, its rates, and what waits. state is ready;
        degraded, where it counts and something is to be known (a stream is paused by request, Counters are damaged); or not
        ready, as /health/ready. A number that nobody knows now is shown with what it was and since when it is not known.

        Examples:
          dataload status
          dataload status --address http://10.0.0.5:8080
          dataload status --node shop-2
          dataload status --json | jq .lag
          dataload status --watch

        Exit codes: 0 the node is ready or degraded; 1 it is not ready; 2 it could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        return context.Define("status", "Shows the node and what it needs in one look.", Details, [.. watch.Symbols, context.OtherNode], run =>
            run.WatchAsync<NodeStatus>(watch, run.OfNode("status"), Render, status => status.Ready ? ExitCode.Done : ExitCode.Found));
    }

    private static void Render(Display display, NodeStatus status)
    {
        NodeStatus.MemoryUsage memory = status.Memory;
        display.Facts(
        [
            ("node", status.Node),
            ("version", status.Version),
            ("up", Form.Span(status.UptimeSeconds)),
            ("state", StateForm.Of(status.State)),
            ("today", $"{Form.Day(status.Today)} ({status.TimeZone})"),
            ("broker", Health(status.Broker)),
            ("store", Health(status.Store)),
            ("business", Health(status.Business)),
            ("shards", new Cell($"{status.Shards.Owned} of {status.Shards.Total}")),
            ("memory", $"{Form.Bytes(memory.ResidentBytes)} of {Form.Bytes(memory.BudgetBytes)}, process {Form.Bytes(memory.ProcessBytes)}"),
            ("counters", Cell.Of(memory.Counters)),
            ("damaged", Cell.Unless0(memory.Damaged, Tone.Bad)),
            ("unflushed", Cell.Of(status.Unflushed)),
            ("uncheckpointed", Cell.Of(status.Uncheckpointed)),
            ("lag", StateForm.Of(status.Lag, status.LagLastKnown, status.Now, display.Clock)),
            ("parked", Cell.Of(status.Parked)),
            ("dead letters", StateForm.Of(status.DeadLetters, status.DeadLettersLastKnown, status.Now, display.Clock) with
            {
                Tone = status.DeadLetters is 0 ? Tone.Plain : Tone.Warning,
            }),
            ("events", Cell.Of(status.Totals.Events)),
            ("duplicates", Cell.Of(status.Totals.Duplicates)),
            ("events/s", Cell.Rate(status.Rates.Events)),
            ("deliveries/s", Cell.Rate(status.Rates.Deliveries)),
        ]);
        StateForm.AddReasons(display, status.State, status.Reasons);
    }

    private static Cell Health(DependencyHealth health)
    {
        string?[] parts = [health.Ok ? "ok" : "FAILS", health.Name, health.Detail is null ? null : $"({health.Detail})"];
        return new Cell(string.Join(' ', parts.Where(part => !string.IsNullOrEmpty(part))), health.Ok ? Tone.Good : Tone.Bad);
    }
}

/// <summary><c>dataload shards</c>: the Partitions that run, which the API calls shards.</summary>
internal static class ShardsCommand
{
    private const string Details = """
        A shard is a Partition: a fixed part of all topics. sequence-nr is its last block's number, behind is how many
        events a recovery would replay, unflushed how many Counters wait for their row. Of those on other nodes it is what
        they said last. 'dataload partitions' shows those too that nobody runs, and what fails.

        Examples:
          dataload shards
          dataload shards --watch

        Exit codes: 0 done; 1 one has damaged Counters; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        return context.Define("shards", "Shows the Partitions that run, and on which node.", Details, [.. watch.Symbols, .. context.Tables], run => run.WatchAsync<ShardList>(
            watch, NodePath.Of("shards"), Render, answer => answer.Shards.Any(shard => shard.Damaged > 0) ? ExitCode.Found : ExitCode.Done));
    }

    private static void Render(Display display, ShardList answer)
    {
        if (answer.Shards.Count == 0 && display.IsTerminal)
        {
            display.Line("No Partition is known to run: the node starts or stops.", Tone.Warning);
            return;
        }

        display.Table(
            [Column.Number("shard"), "node", .. new[] { "epoch", "sequence-nr", "behind", "counters", "bytes", "unflushed", "damaged" }.Select(Column.Number)],
            answer.Shards.OrderBy(shard => shard.Shard).Select(shard => new[]
            {
                Cell.Of(shard.Shard), shard.Node ?? "", Cell.Of(shard.Epoch), Cell.Of(shard.SequenceNr), Cell.Of(shard.Uncheckpointed),
                Cell.Of(shard.Counters), Cell.Of(shard.ResidentBytes), Cell.Of(shard.Unflushed), Cell.Unless0(shard.Damaged, Tone.Bad),
            }));
    }
}

/// <summary><c>dataload nodes</c>: the nodes of the store.</summary>
internal static class NodesCommand
{
    private const string Details = """
        The node that was asked is marked with *. state is what each says of itself, as 'status --node' shows it with the
        reasons; unknown where it does not answer.

        Example:
          dataload nodes

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context) =>
        context.Define("nodes", "Shows the nodes that live: who runs the Partitions, who stands by.", Details, context.Tables, run =>
            run.ShowAsync<NodeList>(NodePath.Of("nodes"), Render));

    private static void Render(Display display, NodeList answer) => display.Table(
        ["node", "address", "state", Column.Number("shards")],
        answer.Nodes.Select(node => new Cell[] { node.IsSelf ? $"{node.Id} *" : node.Id, node.Address, StateForm.Of(node.State), Cell.Of(node.Shards) }));
}
