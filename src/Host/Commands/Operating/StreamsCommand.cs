using DataLoad.Host.Api;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload streams</c>: the streams with their rates and what waits.</summary>
internal static class StreamsCommand
{
    private const string Details = """
        Rates are a second, over the last seconds; the other numbers count since the node started. Lag is what waits in
        the queue; unacked is what the node has in hand.

        Examples:
          dataload streams
          dataload streams --watch
          dataload streams act.buy
          dataload streams --node shop-2
          dataload streams --json | jq -r '.streams[] | select(.lag > 1000) | .name'

        Exit codes: 0 done; 1 a stream fails; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        Argument<string?> stream = Options.StreamArgument("This stream alone, with its dead letters by reason.", ArgumentArity.ZeroOrOne);
        Symbol[] symbols = [stream, .. watch.Symbols, context.OtherNode, .. context.Tables];
        return context.Define("streams", "Shows the streams: state, rates, lag, unacknowledged, retries.", Details, symbols, run =>
            run.Get(stream) is { } name ? run.WatchAsync<StreamDetails>(watch, run.OfNode("streams", name), RenderOne, CodeOf)
                : run.WatchAsync<StreamList>(watch, run.OfNode("streams"), (display, answer) => Render(display, answer.Streams), answer =>
                    answer.Streams.Select(CodeOf).DefaultIfEmpty(ExitCode.Done).Max()));
    }

    /// <summary>Shows one stream with all that is known of it.</summary>
    private static void RenderOne(Display display, StreamDetails stream)
    {
        Render(display, [stream]);
        display.Line($"queue {stream.Queue}, prefetch {stream.Prefetch}");
        if (stream.DeadLettersByReason is { Count: > 0 } reasons)
        {
            display.Table(["dead letters since the start", Column.Number("count")], reasons.Select(reason => new Cell[] { reason.Key, Cell.Of(reason.Value) }),
                isFurther: true);
        }
    }

    internal static void Render(Display display, IReadOnlyList<StreamDetails> streams)
    {
        display.Table(
            [
                "stream", "state", Column.Number("events/s"), Column.Number("deliveries/s") with { Rank = 3 }, Column.Number("lag"), Column.Number("unacked"),
                Column.Number("events") with { Rank = 1 }, Column.Number("duplicates") with { Rank = 2 }, Column.Number("retries") with { Rank = 2 },
                Column.Number("parked") with { Rank = 1 }, Column.Number("dead"),
            ],
            streams.Select(stream => new Cell[]
            {
                stream.Name,
                new(stream.State, stream.State switch { "running" => Tone.Good, "failing" => Tone.Bad, "paused" => Tone.Warning, _ => Tone.Faint }),
                Cell.Rate(stream.Rates.Events), Cell.Rate(stream.Rates.Deliveries), Cell.Of(stream.Lag), Cell.Of(stream.Unacknowledged),
                Cell.Of(stream.Totals.Events), Cell.Of(stream.Totals.Duplicates), Cell.Of(stream.Totals.Retries), Cell.Of(stream.Totals.Parked),
                Cell.Unless0(stream.Totals.DeadLetters, Tone.Warning),
            }));
        foreach (string sentence in OperatingState.Sentences(streams.Where(stream => !string.IsNullOrEmpty(stream.Failing))
            .Select(stream => KeyValuePair.Create(stream.Name, stream.Failing!))))
        {
            display.Line(sentence, Tone.Bad);
        }

        StreamDetails[] unknown = [.. streams.Where(stream => stream is { Lag: null, LagLastKnown: not null })];
        if (unknown.Length > 0)
        {
            long since = unknown.Min(stream => stream.LagLastKnown!.At);
            string[] waited = [.. unknown.Where(stream => stream.LagLastKnown!.Value > 0).Select(stream => $"{stream.Name} {new Cell($"{stream.LagLastKnown!.Value}", IsNumber: true).Shown}")];
            display.Line($"lag unknown since {display.Clock.Time(since)}; it was then: {(waited.Length == 0 ? "0" : string.Join(", ", waited))}", Tone.Warning);
        }
    }

    private static int CodeOf(StreamDetails stream) => stream.State is "failing" ? ExitCode.Found : ExitCode.Done;
}

/// <summary><c>dataload pause</c> and <c>dataload resume</c>: whether a stream is consumed.</summary>
internal static class PauseCommand
{
    private const string PauseDetails = """
        Its messages wait in their queue, and what the node has not taken in hand goes back there. The other streams go on.
        A pause survives restarts, until 'dataload resume'. It is written to the audit log.

        Example:
          dataload pause act.buy

        Exit codes: 0 done; 2 it could not be done.
        """;

    private const string ResumeDetails = """
        Takes a pause back; the queue's messages are counted as if there had been none.

        Example:
          dataload resume act.buy

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command CreatePause(OperatingContext context) => Create(context, "pause", "Stops consuming a stream until it is resumed.", PauseDetails);

    public static Command CreateResume(OperatingContext context) => Create(context, "resume", "Consumes a stream again that was paused.", ResumeDetails);

    private static Command Create(OperatingContext context, string name, string summary, string details)
    {
        Argument<string?> stream = Options.StreamArgument("The stream, such as act.buy.", ArgumentArity.ExactlyOne);
        return context.Define(name, summary, details, [stream], run =>
            run.DoAsync<StreamDetails>(HttpMethod.Post, NodePath.Of("streams", run.Get(stream)!, name), body: null, Render));
    }

    private static void Render(Display display, StreamDetails stream) => display.Line(
        $"{stream.Name} {(stream.Paused ? "is paused" : "is consumed again")}.", stream.Paused ? Tone.Warning : Tone.Good);
}
