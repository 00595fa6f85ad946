using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload status</c>: the node in one look.</summary>
internal static class StatusCommand
{
    private const string Details =
        """
        Shows whether the node serves, what it needs and whether that is there, its rates, and what waits.

        Examples:
          dataload status
          dataload status --address http://10.0.0.5:8080
          dataload status --json | jq .lag
          dataload status --watch

        Exit codes: 0 the node is ready; 1 it is not; 2 it could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        return context.Define("status", "Shows the node and what it needs in one look.", Details, watch.Symbols, (result, operation, cancellationToken) =>
            operation.WatchAsync<NodeStatus>(watch, result, NodePath.Of("status"), Render, status =>
                status.Ready ? ExitCode.Done : ExitCode.Found, cancellationToken));
    }

    private static void Render(Display display, NodeStatus status)
    {
        display.Facts(
        [
            ("node", status.Node),
            ("version", status.Version),
            ("up", Form.Span(status.UptimeSeconds)),
            ("state", new Cell($"{status.State}{(status.Ready ? ", ready" : ", not ready")}", status.Ready ? Tone.Good : Tone.Bad)),
            ("today", $"{Form.Day(status.Today)} ({status.TimeZone})"),
            ("broker", Health(status.Broker)),
            ("store", Health(status.Store)),
            ("business", Health(status.Business)),
            ("shards", new Cell($"{status.Shards.Owned} of {status.Shards.Total}")),
            ("memory", $"{Form.Bytes(status.Memory.ResidentBytes)} of {Form.Bytes(status.Memory.BudgetBytes)}, process "
                + $"{Form.Bytes(status.Memory.ProcessBytes)}"),
            ("counters", Cell.Of(status.Memory.Counters)),
            ("damaged", Cell.Unless0(status.Memory.Damaged, Tone.Bad)),
            ("unflushed", Cell.Of(status.Unflushed)),
            ("uncheckpointed", Cell.Of(status.Uncheckpointed)),
            ("lag", Cell.Of(status.Lag)),
            ("parked", Cell.Of(status.Parked)),
            ("dead letters", Cell.Of(status.DeadLetters, status.DeadLetters > 0 ? Tone.Warning : Tone.Plain)),
            ("events", Cell.Of(status.Totals.Events)),
            ("duplicates", Cell.Of(status.Totals.Duplicates)),
            ("events/s", Cell.Rate(status.Rates.Events)),
            ("deliveries/s", Cell.Rate(status.Rates.Deliveries)),
        ]);
        if (status.Paused is { Count: > 0 } paused)
        {
            display.Line($"paused: {string.Join(", ", paused)}", Tone.Warning);
        }

        foreach ((string stream, string why) in status.Failing ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            display.Line($"{stream} fails: {why}", Tone.Bad);
        }
    }

    private static Cell Health(DependencyHealth health) => new(
        string.Join(' ', new[] { health.Ok ? "ok" : "FAILS", health.Name, health.Detail is null ? null : $"({health.Detail})" }.Where(part =>
            !string.IsNullOrEmpty(part))),
        health.Ok ? Tone.Good : Tone.Bad);
}
