using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload log tail</c>: the node's log.</summary>
internal static class LogCommand
{
    private static readonly string[] Levels = ["trace", "debug", "information", "warning", "error", "critical"];

    private const string Details = """
        A line of the log each: time, level, category, event id, message; an exception follows on lines of its own. What is
        not logged is not shown either: 'dataload log-level' says what is, and sets it. The node keeps
        dataload.log.kept-lines of its last lines. Where lines come faster than they can be shown, some are dropped, and how
        many is said. Needs the operator's token. Ctrl-C ends it.

        Examples:
          dataload log tail
          dataload log tail --level warning --lines 100
          dataload log tail --category DataLoad.Engine.Intake
          dataload log tail --node shop-2
          dataload log tail --lines 1000 --count 1000 --json

        Exit codes: 0 done; 2 the node could not be asked, or is gone.
        """;

    public static Command Create(OperatingContext context) => new DetailedCommand("log", "Shows the node's log.",
        "Example:\n  dataload log tail\n\nExit codes: 0 done; 2 the node could not be asked, or is gone.") { CreateTail(context) };

    private static Command CreateTail(OperatingContext context)
    {
        Option<string?> level = Options.Text("--level", "LEVEL", $"Lines of this level and above: {string.Join(", ", Levels)}.");
        level.AcceptOnlyFromAmong(Levels);
        Option<string?> category = Options.Text("--category", "PREFIX", "Lines alone whose category begins with this.", LogLevelCommand.Categories);
        Option<int> lines = Options.Number("--lines", "N", "How many of the last lines come first, 0 to 10000.", 0, LogSettings.MaxKeptLines, 20);
        Option<int> count = Options.Number("--count", "N", "Ends after so many lines; 0 never.", 0, 1_000_000_000, 0);
        Symbol[] symbols = [level, category, lines, count, context.OtherNode];
        return context.Define("tail", "Shows the last lines of the node's log, and then what comes.", Details, symbols, async run =>
        {
            string path = NodePath.With(
                run.OfNode("log", "tail"), ("level", run.Get(level)), ("category", run.Get(category)), ("lines", run.Get(lines)));
            return await run.TailAsync(path, "line", run.Get(count), Render, dropped => $"… {dropped:N0} lines were dropped");
        });
    }

    private static void Render(Display display, NodeAnswer answer)
    {
        LogEntry line = answer.As<LogEntry>();
        display.Row(new Cell(display.Clock.Time(line.Time), Tone.Faint), new Cell(line.Level, ToneOf(line.Level)), new Cell(line.Category, Tone.Faint),
            new Cell($"{line.EventId}", Tone.Faint), line.Message);
        foreach (string part in (line.Exception ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            display.Line($"    {part.TrimEnd('\r')}", Tone.Faint);
        }
    }

    private static Tone ToneOf(string level) => level switch
    {
        "error" or "critical" => Tone.Bad,
        "warning" => Tone.Warning,
        "information" => Tone.Good,
        _ => Tone.Faint,
    };
}
