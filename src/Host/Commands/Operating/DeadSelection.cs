using System.CommandLine.Parsing;
using DataLoad.Engine.Decoding;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Which dead letters a command means, and whether that is meant.</summary>
internal sealed class DeadSelection
{
    private readonly Argument<string[]> _ids = new("ID")
    {
        Description = "Dead letters by their ids, as 'dead list --messages' shows them.",
        HelpName = "ID",
        Arity = ArgumentArity.ZeroOrMore
    };
    private readonly Option<string?> _stream = Options.Stream("This stream's.");
    private readonly Option<string?> _reason = Reason("Those of this reason.");
    private readonly Option<bool> _all = new("--all") { Description = "All of them." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "It is meant: does not ask." };

    /// <summary>The arguments and options.</summary>
    public Symbol[] Symbols => [_ids, _stream, _reason, _all, _yes];

    /// <summary>The argument that names one.</summary>
    public static Argument<string> Id() => new("ID") { Description = "The dead letter's id, as 'dead list --messages' shows it.", HelpName = "ID" };

    /// <summary>The option <c>--reason</c>.</summary>
    public static Option<string?> Reason(string description) => Options.Text("--reason", "REASON", description, RejectReason.TooLarge, RejectReason.ContentType,
        RejectReason.Unreadable, RejectReason.MissingField, RejectReason.BadField, RejectReason.OutOfRange, RejectReason.BadTime, RejectReason.BadDelay,
        RejectReason.BadJoinType, RejectReason.NoRow, RejectReason.BadRow);

    /// <summary>Refuses a selection of nothing, or of all and some.</summary>
    public string? Check(CommandResult result)
    {
        bool some = result.GetResult(_ids) is { Tokens.Count: > 0 } || result.GetResult(_stream) is not null || result.GetResult(_reason) is not null;
        return some != result.GetValue(_all) ? null
            : some ? "--all means all: leave ids, --stream and --reason out."
            : "Say which dead letters: ids, --stream, --reason, or --all.";
    }

    /// <summary>Counts what is meant, asks where it has to be confirmed, and returns what is to be sent; null where it is not meant. Ids named one by
    /// one need no confirmation unless it is always asked for.</summary>
    public async Task<DeadLetterRequest?> ConfirmAsync(ParseResult result, Operation operation, string verb, int? limit, bool alwaysAsk,
        CancellationToken cancellationToken)
    {
        string[] ids = result.GetValue(_ids) ?? [];
        var order = new DeadLetterRequest
        {
            Stream = result.GetValue(_stream),
            Reason = result.GetValue(_reason),
            Ids = ids.Length == 0 ? null : ids,
            All = result.GetValue(_all),
            Limit = limit,
        };
        long count = ids.Length > 0 && order.Stream is null && order.Reason is null
            ? ids.Distinct(StringComparer.Ordinal).Count()
            : await CountAsync(operation.Node, order, cancellationToken);
        count = Math.Min(count, limit ?? long.MaxValue);
        bool mustAsk = count > 0 && (alwaysAsk || ids.Length == 0);
        string which = string.Join(", ", new[] { order.Stream, order.Reason }.OfType<string>());
        string what = $"{verb} {count} dead letter{(count == 1 ? "" : "s")}{(which.Length == 0 ? "" : $" ({which})")}";
        return !mustAsk || operation.Confirmation.Of(what, result.GetValue(_yes)) ? order with { Confirm = count } : null;
    }

    private static async Task<long> CountAsync(NodeClient node, DeadLetterRequest order, CancellationToken cancellationToken)
    {
        if (order.Ids is not null)
        {
            throw new NodeException("Ids name dead letters one by one: leave --stream and --reason out.");
        }

        string path = NodePath.With(NodePath.Of("dead-letters"), ("maxAge", 0));
        DeadLetterGroups groups = (await node.GetAsync(path, cancellationToken)).As<DeadLetterGroups>();
        return groups.Groups
            .Where(group => (order.Stream is null || string.Equals(group.Stream, order.Stream, StringComparison.Ordinal))
                && (order.Reason is null || string.Equals(group.Reason, order.Reason, StringComparison.Ordinal)))
            .Sum(group => group.Count);
    }
}
