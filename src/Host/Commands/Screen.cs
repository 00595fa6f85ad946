using Spectre.Console;

namespace DataLoad.Host.Commands;

/// <summary>What a person sees: tables on standard output, progress on standard error. Where these go to a file or a pipe, a table is lines of
/// tab-separated cells, and progress is nothing.</summary>
internal static class Screen
{
    /// <summary>Writes a table.</summary>
    public static void WriteTable(TextWriter output, IReadOnlyList<string> columns, IEnumerable<string[]> rows)
    {
        if (!ReferenceEquals(output, Console.Out) || Console.IsOutputRedirected)
        {
            output.WriteLine(string.Join('\t', columns));
            foreach (string[] row in rows)
            {
                output.WriteLine(string.Join('\t', row.Select(Flat)));
            }

            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            table.AddColumn(Markup.Escape(column));
        }

        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(cell => Markup.Escape(Flat(cell)))]);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Runs work that tells how many Partitions are done, under a bar.</summary>
    public static async Task<T> WithProgressAsync<T>(string title, int partitions, Func<Action<int>?, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(null);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().AutoClear(enabled: true).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: partitions);
            return await work(done => task.Value = done);
        });
    }

    // A topic's type may hold anything, and a control character could write where it has no business to.
    private static string Flat(string cell) => string.Concat(cell.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
