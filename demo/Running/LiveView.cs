using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DataLoad.Demo;

/// <summary>Shows samples: redrawn in place on a terminal, line by line elsewhere.</summary>
internal sealed class LiveView(bool plain)
{
    /// <summary>Shows samples until cancelled.</summary>
    public async Task ShowAsync(Func<CancellationToken, Task<LiveSample>> take, Func<string> phase, CancellationToken cancel)
    {
        try
        {
            if (plain)
            {
                while (true)
                {
                    Console.WriteLine(Line(await take(cancel), phase()));
                    await Task.Delay(1_000, cancel);
                }
            }

            await AnsiConsole.Live(new Markup("")).AutoClear(false).StartAsync(async context =>
            {
                while (true)
                {
                    context.UpdateTarget(Panel(await take(cancel), phase()));
                    context.Refresh();
                    await Task.Delay(500, cancel);
                }
            });
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Told to stop: the run goes on to compare.
        }
    }

    private static string Line(LiveSample sample, string phase) => string.Create(CultureInfo.InvariantCulture,
        $"{phase} {sample.Elapsed.TotalSeconds,6:F1} s  published {sample.Published,9} ({sample.PublishedRate,6:F0}/s)  counted {sample.Counted,9} ({sample.CountedRate,6:F0}/s)  lag {sample.Lag,6}  dead {sample.Dead}/{sample.DeadExpected}  repeats {sample.Duplicates}")
        + (sample.Shares.Count == 0 ? "" : $"  Partitions {Shares(sample)}");

    private static IRenderable Panel(LiveSample sample, string phase)
    {
        var numbers = new Table().Border(TableBorder.Rounded).Title($"[bold]DataLoad demo[/] · {phase} · Ctrl-C stops and compares, once more ends at once");
        numbers.AddColumns("", "total", "per second");
        numbers.AddRow("published", Number(sample.Published), Number((long)sample.PublishedRate));
        numbers.AddRow("counted in the tables", Number(sample.Counted), Number((long)sample.CountedRate));
        numbers.AddRow("lag (sent, not in the tables)", Number(sample.Lag), "");
        numbers.AddRow("repeats sent (count once)", Number(sample.Duplicates), "");
        numbers.AddRow("dead letters / expected", $"{Number(sample.Dead)} / {Number(sample.DeadExpected)}", "");
        if (sample.Shares.Count > 0)
        {
            numbers.AddRow("Partitions of each node", Shares(sample), "");
        }

        numbers.AddRow("seconds", Number((long)sample.Elapsed.TotalSeconds), "");

        var top = new Table().Border(TableBorder.Rounded).Title("busiest activities, all days, from the tables");
        top.AddColumns("topic", "visits", "shares", "orders", "paid");
        foreach (var topic in sample.Top)
        {
            var type = topic.Type.Length > 24 ? topic.Type[..24] + "…" : topic.Type;
            top.AddRow(Markup.Escape($"{type} {topic.Id.ToString(CultureInfo.InvariantCulture)}"), Number(topic.Visits), Number(topic.Shares),
                Number(topic.Orders),
                topic.Paid.ToString("N2", CultureInfo.InvariantCulture));
        }

        return new Rows(numbers, top);
    }

    private static string Shares(LiveSample sample) =>
        string.Join(" + ", sample.Shares.Select(share => share.ToString(CultureInfo.InvariantCulture)));

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
