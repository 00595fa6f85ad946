using DataLoad.Engine.Counting;
using DataLoad.Engine.Storage;
using DataLoad.Host.Hocon;
using DataLoad.Host.Commands.Operating;

namespace DataLoad.Host.Hosting;

/// <summary>Turns what ends a command into one sentence and an exit code.</summary>
internal static class Failure
{
    /// <summary>The exit code of a command that could not do its work.</summary>
    public const int ExitCode = 2;

    /// <summary>Runs a command's work.</summary>
    /// <param name="work">The work.</param>
    /// <param name="error">Where the sentence goes.</param>
    public static async Task<int> GuardAsync(Func<Task<int>> work, TextWriter error)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("dataload: cancelled");
            return ExitCode;
        }
        catch (Exception e)
        {
            await error.WriteLineAsync($"dataload: {Sentence(e)}");
            return ExitCode;
        }
    }

    private static string Sentence(Exception e) => e switch
    {
        HoconException or StartException or NodeException or StoreException or StoredFormatException or FormatException => e.Message,
        AggregateException { InnerExceptions.Count: 1 } => Sentence(e.InnerException!),
        IOException { InnerException: not null } => $"{e.Message} ({e.InnerException!.Message})",
        _ => $"{e.Message} ({e.GetType().Name})",
    };
}
