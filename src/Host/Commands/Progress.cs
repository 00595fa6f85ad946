using Spectre.Console;

namespace DataLoad.Host.Commands;

/// <summary>Shows on standard error how far work has come; nothing where that goes to a file or a pipe.</summary>
internal static class Progress
{
    /// <summary>Runs work that reports how many Partitions are done, under a bar.</summary>
    public static async Task<T> ShowAsync<T>(string title, int partitions, Func<Action<int>?, Task<T>> work)
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
}
