using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload streams</c>: the streams with their rates and what waits.</summary>
internal static class StreamsCommand
{
    private const string Details =
        """
        Rates are a second, over the last seconds; the other numbers count since the node started. Lag is what waits in
        the queue; unacked is what the node has in hand.

        Examples:
          dataload streams
          dataload streams --watch
          dataload streams act.buy
          dataload streams --json | jq -r '.streams[] | select(.lag > 1000) | .name'

        Exit codes: 0 done; 1 a stream fails; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        Argument<string?> stream = Completions.StreamArgument("This stream alone, with its dead letters by reason.", isRequired: false);
        return context.Define("streams", "Shows the streams: state, rates, lag, unacknowledged, retries.", Details, [stream, .. watch.Symbols],
            (result, operation, cancellationToken) =>
            result.GetValue(stream) is { } name
                ? operation.WatchAsync<StreamDetails>(watch, result, NodePath.Of("streams", name), RenderOne, CodeOf, cancellationToken)
                : operation.WatchAsync<StreamList>(watch, result, NodePath.Of("streams"), (display, answer) => Render(display, answer.Streams), answer =>
                    answer.Streams.Select(CodeOf).DefaultIfEmpty(ExitCode.Done).Max(), cancellationToken));
    }

    /// <summary>Shows one stream with all that is known of it.</summary>
    public static void RenderOne(Display display, StreamDetails stream)
    {
        Render(display, [stream]);
        display.Line($"queue {stream.Queue}, prefetch {stream.Prefetch}");
        if (stream.DeadLettersByReason is { Count: > 0 } reasons)
        {
            display.Table(["dead letters since the start", Column.Number("count")], reasons.Select(reason => new Cell[] { reason.Key, Cell.Of(reason.Value) }));
        }
    }

    private static void Render(Display display, IReadOnlyList<StreamDetails> streams)
    {
        display.Table(
            ["stream", "state", Column.Number("events/s"), Column.Number("deliveries/s"), Column.Number("lag"), Column.Number("unacked"),
                Column.Number("events"), Column.Number("duplicates"), Column.Number("retries"), Column.Number("parked"), Column.Number("dead")],
            streams.Select(stream => new Cell[]
            {
                stream.Name,
                new(stream.State, stream.State switch { "running" => Tone.Good, "failing" => Tone.Bad, "paused" => Tone.Warning, _ => Tone.Faint }),
                Cell.Rate(stream.Rates.Events),
                Cell.Rate(stream.Rates.Deliveries),
                Cell.Of(stream.Lag),
                Cell.Of(stream.Unacknowledged),
                Cell.Of(stream.Totals.Events),
                Cell.Of(stream.Totals.Duplicates),
                Cell.Of(stream.Totals.Retries),
                Cell.Of(stream.Totals.Parked),
                Cell.Unless0(stream.Totals.DeadLetters, Tone.Warning),
            }));
        foreach (StreamDetails stream in streams.Where(stream => !string.IsNullOrEmpty(stream.Failing)))
        {
            display.Line($"{stream.Name}: {stream.Failing}", Tone.Bad);
        }
    }

    private static int CodeOf(StreamDetails stream) => stream.State is "failing" ? ExitCode.Found : ExitCode.Done;
}
