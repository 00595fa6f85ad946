using DataLoad.Host.Api;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload cluster …</c>: the members, what happens among them, and having them join, leave or be downed.</summary>
internal static class ClusterCommand
{
    private const string Details = """
        Nodes over one store join one cluster by themselves, and one that ends or dies is taken over: nothing here has to be
        done from day to day.

        Examples:
          dataload cluster show
          dataload cluster tail

        Exit codes: 0 done; 1 something is to be looked at, or was not confirmed; 2 it could not be done.
        """;

    private const string ShowDetails = """
        The members of the cluster as the node sees them that is asked (*), oldest first. state is Akka's word: Joining,
        WeaklyUp, Up, Leaving, Exiting, Down; unreachable is said beside it. The leader moves members on from state to state;
        on the oldest one runs what shares the Partitions out. up-since is when the node that is asked saw first that the
        member is up, which may be its own start. Below them is the state of the cluster, and why; among that are nodes that
        the store knows and that are no members: they join, or are being made anew.

        Examples:
          dataload cluster show
          dataload cluster show --watch
          dataload cluster show --json | jq -r '.members[] | select(.isUnreachable) | .address'

        The cluster's state is ready where all nodes are ready and belong to it, not ready where none is of use, else degraded;
        what is equal on several nodes is one line.

        Exit codes: 0 all members are up and reached; 1 some are not, the node is no member, or the cluster is not ready; 2 the
        node could not be asked.
        """;

    private const string LeaveDetails = """
        The node that is asked, or the member of an address, leaves in order: intake stops, its Partitions move to the others,
        and it is gone. Its process goes on: it makes its actor system anew and joins again after a moment (retry.first,
        growing to retry.limit), which is how a node is restarted from outside. To end it for good, stop its process instead.
        Written to the audit log.

        Examples:
          dataload cluster leave
          dataload cluster leave 10.0.0.5:4053
          dataload cluster leave akka.tcp://dataload@10.0.0.5:4053 --yes

        Exit codes: 0 it was told to leave; 1 it was not confirmed; 2 it could not be done.
        """;

    private const string DownDetails = """
        The others take the member for dead: what it had is started elsewhere at once, and it joins anew if it lives. Nothing
        is lost by it, but what it had in hand is delivered again. The cluster does it by itself for a member that is dead;
        'cluster leave' is the orderly way. Written to the audit log.

        Example:
          dataload cluster down 10.0.0.5:4053

        Exit codes: 0 it is downed; 1 it was not confirmed; 2 it could not be done.
        """;

    private const string DownUnreachableDetails = """
        Does 'cluster down' with every member that cannot be reached from somewhere. Written to the audit log.

        Example:
          dataload cluster down-unreachable

        Exit codes: 0 they are downed, or there were none; 1 it was not confirmed; 2 it could not be done.
        """;

    private const string JoinDetails = """
        Has the node that is asked join the cluster of an address, where it is no member yet: it finds the others by itself
        through the store, and this is for when it does not. Refused where it is a member. Written to the audit log.

        Example:
          dataload cluster join 10.0.0.5:4053 --address http://10.0.0.6:8080

        Exit codes: 0 it was told to join; 1 it was not confirmed; 2 it could not be done.
        """;

    private const string TailDetails = """
        A line an event: time, what happened, and to whom. Members: joining, weaklyup, up, leaving, exiting, down, removed,
        unreachable, reachable, leader. Partitions: 'partition', its number, what it does now, and on which node; of other
        nodes' it is what they said last. Ctrl-C ends it.

        Examples:
          dataload cluster tail
          dataload cluster tail --json | jq -c 'select(.what == "partition")'

        Exit codes: 0 done; 2 the node could not be asked, or is gone.
        """;

    public static Command Create(OperatingContext context) => new DetailedCommand(
        "cluster", "Shows the cluster, and has nodes join, leave or be downed.", Details)
    {
        CreateShow(context),
        CreateTail(context),
        CreateChange(context, "leave", "Has a node leave the cluster, and join it anew.", LeaveDetails, MayBeMember(),
            address => $"Have {address ?? "the node that is asked"} leave the cluster and join it anew"),
        CreateChange(context, "down", "Has the others take a member for dead.", DownDetails, Member("The member, as 'cluster show' lists it, or HOST:PORT."),
            address => $"Take {address} for dead"),
        CreateChange(context, "down-unreachable", "Has the others take members for dead that cannot be reached.", DownUnreachableDetails, argument: null,
            _ => "Take all members for dead that cannot be reached"),
        CreateChange(context, "join", "Has the node join a cluster.", JoinDetails, Member("Where a member of the cluster is, as HOST:PORT."),
            address => $"Join the cluster at {address}"),
    };

    private static Argument<string?> MayBeMember() =>
        Options.MayBe("ADDRESS", "The member, as 'cluster show' lists it, or HOST:PORT; the node that is asked without it.");

    private static Argument<string?> Member(string description) => new("ADDRESS") { Description = description, HelpName = "ADDRESS" };

    private static Command CreateShow(OperatingContext context)
    {
        var watch = new WatchOptions();
        return context.Define("show", "Shows the members of the cluster and their states.", ShowDetails, [.. watch.Symbols, .. context.Tables], run => run.WatchAsync<ClusterDetails>(
            watch, NodePath.Of("cluster"), Render, answer => answer.IsMember && answer.Members.All(IsWell) && answer.State is not OperatingState.NotReady
                ? ExitCode.Done : ExitCode.Found));
    }

    private static Command CreateTail(OperatingContext context)
    {
        Option<int> count = Options.Number("--count", "N", "Ends after so many events; 0 never.", 0, 1_000_000_000, 0);
        return context.Define("tail", "Shows what happens in the cluster.", TailDetails, [count], run => run.TailAsync(NodePath.Of("cluster", "tail"),
            "change", run.Get(count), (display, answer) => display.Row(RowOf(display, answer.As<ClusterNews>())), dropped => $"… {dropped:N0} events were dropped"));
    }

    private static Command CreateChange(OperatingContext context, string name, string summary, string details, Argument<string?>? argument,
        Func<string?, string> question)
    {
        Option<bool> yes = new("--yes", "-y") { Description = "It is meant: does not ask." };
        return context.Define(name, summary, details, argument is null ? [yes] : [argument, yes], async run =>
        {
            string? address = argument is null ? null : run.Get(argument);
            if (!run.Confirmation.Of(question(address), run.Get(yes)))
            {
                return ExitCode.Found;
            }

            await run.DoAsync<ClusterChanged>(HttpMethod.Post, NodePath.Of("cluster", name), new { address }, RenderChange);
            return ExitCode.Done;
        });
    }

    private static bool IsWell(ClusterDetails.Member member) => member is { Status: "Up", IsUnreachable: false };

    private static void Render(Display display, ClusterDetails answer)
    {
        display.Table(
            ["node", Column.Whole("address"), "http", Column.Whole("state"), "role", Column.Whole(display.Clock.Label("up-since")), "version", Column.Number("partitions")],
            answer.Members.Select(member => new[]
            {
                new Cell(member.IsSelf ? $"{member.Id} *" : member.Id ?? "?"), member.Address, member.Http ?? "", StateOf(member), RoleOf(member),
                member.UpSince is { } since ? display.Clock.Time(since) : "", member.Version, Cell.Of(member.Partitions),
            }));
        display.Row("the cluster is", StateForm.Of(answer.State));
        StateForm.AddReasons(display, answer.State, answer.Reasons);
    }

    private static Cell StateOf(ClusterDetails.Member member) => new(
        member.IsUnreachable ? $"{member.Status}, unreachable" : member.Status, member.IsUnreachable ? Tone.Bad : IsWell(member) ? Tone.Good : Tone.Warning);

    private static string RoleOf(ClusterDetails.Member member) => (member.IsLeader, member.IsOldest) switch
    {
        (true, true) => "leader, oldest",
        (true, false) => "leader",
        (false, true) => "oldest",
        _ => "",
    };

    private static void RenderChange(Display display, ClusterChanged changed) => display.Line((changed.Action, changed.Addresses) switch
    {
        (_, []) => "No member is unreachable, and nothing was done.",
        ("leave", [var address, ..]) => $"{address} leaves; 'cluster tail' shows how it goes.",
        ("join", [var address, ..]) => $"The node joins the cluster at {address}.",
        (_, var addresses) => $"Downed: {string.Join(", ", addresses)}.",
    }, Tone.Good);

    private static Tone ToneOf(string what) => what switch
    {
        "up" or "reachable" => Tone.Good,
        "down" or "unreachable" => Tone.Bad,
        "leader" => Tone.Plain,
        _ => Tone.Warning,
    };

    private static Cell[] RowOf(Display display, ClusterNews news) => news.Partition is { } partition
        ?
        [
            new(display.Clock.Time(news.At), Tone.Faint), news.What, $"{partition}", new(news.Phase ?? "", news.Phase is "serving" ? Tone.Good : Tone.Warning),
            news.Id ?? "",
        ]
        :
        [
            new(display.Clock.Time(news.At), Tone.Faint),
            new(news.What, ToneOf(news.What)),
            news.Address ?? "nobody",
            new(news.Id ?? "", Tone.Faint),
        ];
}

/// <summary><c>dataload partitions</c>: all Partitions wherever they are.</summary>
internal static class PartitionsCommand
{
    private const string Details = """
        All Partitions of the cluster; of those on other nodes it is what they answered last, a few seconds ago at the most.
        lag is how many blocks of the journal the checkpoint is behind, to-replay how many events those are: what a recovery
        would read. What fails is said below.

        Examples:
          dataload partitions
          dataload partitions --watch
          dataload partitions --json | jq '[.partitions[] | select(.phase != "serving")]'
          dataload partitions stats

        Exit codes: 0 all serve and nothing fails; 1 some do not; 2 the node could not be asked.
        """;

    private const string StatsDetails = """
        A row a node: its Partitions and how many of them serve, their Counters, what those hold in memory, and how many events
        came since the last checkpoints.

        Examples:
          dataload partitions stats
          dataload partitions stats --watch

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        DetailedCommand command = context.Define("partitions", "Shows all Partitions wherever they are.", Details, [.. watch.Symbols, .. context.Tables], run =>
            run.WatchAsync<PartitionList>(watch, NodePath.Of("partitions"), Render, answer => answer.Partitions.All(IsWell) ? ExitCode.Done : ExitCode.Found));
        command.Add(CreateStats(context));
        return command;
    }

    private static Command CreateStats(OperatingContext context)
    {
        var watch = new WatchOptions();
        return context.Define("stats", "Shows sums over the Partitions of each node.", StatsDetails, [.. watch.Symbols, .. context.Tables], run => run.WatchAsync<PartitionStats>(
            watch, NodePath.Of("partitions", "stats"), RenderStats, _ => ExitCode.Done));
    }

    private static bool IsWell(PartitionList.PartitionEntry partition) => partition is { Phase: "serving", Failing: null, Damaged: 0 };

    private static void Render(Display display, PartitionList answer)
    {
        display.Table(
            [
                Column.Number("partition"), "node", Column.Whole("phase"),
                .. new[] { "sequence-nr", "lag", "to-replay", "counters", "bytes", "damaged" }.Select(Column.Number), Column.Whole(display.Clock.Label("since")),
            ],
            answer.Partitions.Select(partition => new[]
            {
                Cell.Of(partition.Partition), NodeCell(partition.Node, answer.Node),
                new(partition.Phase, partition.Phase is "serving" ? Tone.Good : Tone.Warning), Cell.Of(partition.SequenceNr), Cell.Of(partition.Lag),
                Cell.Of(partition.Uncheckpointed), Cell.Of(partition.Counters), Cell.Of(partition.ResidentBytes),
                Cell.Unless0(partition.Damaged, Tone.Bad), partition.Since is { } since ? display.Clock.Time(since) : "",
            }));
        foreach (PartitionList.PartitionEntry partition in answer.Partitions.Where(partition => partition.Failing is not null))
        {
            display.Line($"Partition {partition.Partition} fails: {partition.Failing}", Tone.Bad);
        }
    }

    private static void RenderStats(Display display, PartitionStats answer) => display.Table(
        ["node", .. new[] { "partitions", "serving", "counters", "bytes", "to-replay" }.Select(Column.Number)],
        answer.Nodes.Select(node => new[]
        {
            node.Node is null ? new Cell("nobody", Tone.Warning) : node.IsSelf ? $"{node.Node} *" : node.Node, Cell.Of(node.Partitions),
            Cell.Of(node.Serving, node.Serving == node.Partitions ? Tone.Plain : Tone.Warning), Cell.Of(node.Counters), Cell.Of(node.ResidentBytes),
            Cell.Of(node.Uncheckpointed),
        }));

    private static Cell NodeCell(string? node, string self) => node is null ? new Cell("nobody", Tone.Warning)
        : string.Equals(node, self, StringComparison.Ordinal) ? $"{node} *" : node;
}
