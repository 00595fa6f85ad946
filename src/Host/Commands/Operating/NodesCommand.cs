using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload nodes</c>: the nodes of the store.</summary>
internal static class NodesCommand
{
    private const string Details =
        """
        The node that was asked is marked with *. Over SQLite a node that stands by is known to itself alone.

        Example:
          dataload nodes

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context) =>
        context.Define("nodes", "Shows the nodes that live: who runs the Partitions, who stands by.", Details, [], async (_, operation, cancellationToken) =>
    {
        await operation.ShowAsync<NodeList>(
            NodePath.Of("nodes"),
            (display, answer) => display.Table(
                ["node", "address", "state", Column.Number("shards")],
                answer.Nodes.Select(node => new Cell[] { node.IsSelf ? $"{node.Id} *" : node.Id, node.Address, node.State ?? "", Cell.Of(node.Shards) })),
            cancellationToken);
        return ExitCode.Done;
    });
}
