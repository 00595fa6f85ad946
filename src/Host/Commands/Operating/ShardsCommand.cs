using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload shards</c>: the Partitions that run on the node, which the API calls shards.</summary>
internal static class ShardsCommand
{
    private const string Details =
        """
        A shard is a Partition: a fixed part of all topics. sequence-nr is its last block's number, behind is how many
        events a recovery would replay, unflushed how many Counters wait for their row.

        Examples:
          dataload shards
          dataload shards --watch

        Exit codes: 0 done; 1 one has damaged Counters; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        return context.Define("shards", "Shows the Partitions that run on the node.", Details, watch.Symbols, (result, operation, cancellationToken) =>
            operation.WatchAsync<ShardList>(watch, result, NodePath.Of("shards"), Render, answer =>
                answer.Shards.Any(shard => shard.Damaged > 0) ? ExitCode.Found : ExitCode.Done, cancellationToken));
    }

    private static void Render(Display display, ShardList answer)
    {
        if (answer.Shards.Count == 0 && display.IsTerminal)
        {
            display.Line("No Partition runs on this node: it stands by, starts or stops.", Tone.Warning);
            return;
        }

        display.Table(
            [Column.Number("shard"), Column.Number("epoch"), Column.Number("sequence-nr"), Column.Number("behind"), Column.Number("counters"),
                Column.Number("bytes"), Column.Number("unflushed"), Column.Number("damaged")],
            answer.Shards.OrderBy(shard => shard.Shard).Select(shard => new[]
            {
                Cell.Of(shard.Shard),
                Cell.Of(shard.Epoch),
                Cell.Of(shard.SequenceNr),
                Cell.Of(shard.Uncheckpointed),
                Cell.Of(shard.Counters),
                Cell.Of(shard.ResidentBytes),
                Cell.Of(shard.Unflushed),
                Cell.Unless0(shard.Damaged, Tone.Bad),
            }));
    }
}
