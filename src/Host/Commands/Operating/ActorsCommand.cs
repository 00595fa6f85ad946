using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload actors</c>: the tree of the node's actors.</summary>
internal static class ActorsCommand
{
    private const string Details = """
        Looks at the actors and asks none, so that one that is stuck is shown too: messages is how many wait in its mailbox.
        An actor is running; starting where it is not made yet; restarting or stopping where it ends or waits for its children
        to. Where one has more children than are listed, those are for which most messages wait, and the rest is counted.
        Partitions are below /system/sharding/partition, each with its Counters as children; streams are below /user/intake.

        Examples:
          dataload actors
          dataload actors /system/sharding/partition --depth 4
          dataload actors /user --children 500 --watch
          dataload actors /system --depth 16 --json | jq '[.actors[] | select(.messages > 0)]'

        Exit codes: 0 done; 1 there is no such actor; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string?> path = Options.MayBe("PATH", "Where to begin, such as /system; /user without it.");
        path.CompletionSources.Add("/user", "/user/intake", "/system", "/system/sharding/partition");
        Option<int> depth = Options.Number("--depth", "N", "How many levels below it, 1 to 16.", 1, 16, 3);
        Option<int> children = Options.Number("--children", "N", "How many children of an actor are listed, 1 to 1000.", 1, 1000, 50);
        var watch = new WatchOptions();
        return context.Define("actors", "Shows the tree of the node's actors, and what waits for each.", Details,
            [path, depth, children, .. watch.Symbols, context.OtherNode, .. context.Tables], run => run.WatchAsync<ActorList>(watch, NodePath.With(
                run.OfNode("actors"), ("path", run.Get(path)), ("depth", run.Get(depth)), ("children", run.Get(children))), Render, _ => ExitCode.Done));
    }

    internal static void Render(Display display, ActorList answer) => display.Table(
        [Column.Whole("actor"), "type", Column.Whole("state"), Column.Number("messages"), Column.Number("children")], Rows(display, answer));

    private static IEnumerable<Cell[]> Rows(Display display, ActorList answer)
    {
        // Of those above the present one, how many are not listed: that is said behind the last of those that are.
        var open = new Stack<ActorList.Actor>();
        foreach (ActorList.Actor actor in answer.Actors)
        {
            while (open.TryPeek(out ActorList.Actor? before) && before.Depth >= actor.Depth)
            {
                if (More(display, open.Pop(), answer) is { } more)
                {
                    yield return more;
                }
            }

            open.Push(actor);
            yield return
            [
                NameOf(display, actor), TypeOf(display, actor), new Cell(actor.State, actor.State is "running" ? Tone.Plain : Tone.Warning),
                Cell.Of(actor.Messages), Cell.Of(actor.Children, actor.Children == 0 ? Tone.Faint : Tone.Plain),
            ];
        }

        while (open.TryPop(out ActorList.Actor? left))
        {
            if (More(display, left, answer) is { } more)
            {
                yield return more;
            }
        }
    }

    /// <summary>How many children are not listed, which on the last level are all of them, as the number of children says.</summary>
    private static Cell[]? More(Display display, ActorList.Actor actor, ActorList answer)
    {
        string text = $"… and {actor.Children - actor.Listed:N0} more";
        return actor.Depth == answer.Depth || actor.Listed == actor.Children ? null
            : [new Cell(display.IsTerminal ? Indent(actor.Depth + 1) + text : $"{actor.Path.TrimEnd('/')}/{text}", Tone.Faint), "", "", "", ""];
    }

    /// <summary>Programs get paths, people a tree.</summary>
    private static string NameOf(Display display, ActorList.Actor actor) =>
        !display.IsTerminal || actor.Depth == 0 ? actor.Path : Indent(actor.Depth) + actor.Path[(actor.Path.LastIndexOf('/') + 1)..];

    private static string TypeOf(Display display, ActorList.Actor actor)
    {
        string type = actor.Type ?? "";
        return display.IsTerminal ? type[(type.LastIndexOf('.') + 1)..] : type;
    }

    private static string Indent(int depth) => new(' ', depth * 2);
}
