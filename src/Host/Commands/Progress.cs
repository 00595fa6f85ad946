using Spectre.Console;

namespace DataLoad.Host.Commands;

/// <summary>Shows on standard error how far work has come; nothing where that goes to a file or a pipe.</summary>
internal static class Progress
{
    /// <summary>Runs work that reports how much of how much is done, under a bar.</summary>
    public static async Task<T> ShowAsync<T>(string title, Func<Action<int, int>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work((_, _) => { });
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().AutoClear(enabled: true).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title));
            return await work((done, of) => (task.MaxValue, task.Value) = (Math.Max(of, 1), done));
        });
    }
}
