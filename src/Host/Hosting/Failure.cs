using DataLoad.Engine.Counting;
using DataLoad.Engine.Storage;
using DataLoad.Host.Hocon;

namespace DataLoad.Host.Hosting;

/// <summary>Turns what ends a command into one sentence and an exit code.</summary>
internal static class Failure
{
    /// <summary>The exit code of a command that could not do its work.</summary>
    public const int ExitCode = 2;

    /// <summary>Runs a command's work.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("dataload: cancelled").ConfigureAwait(false);
            return ExitCode;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"dataload: {Sentence(e)}").ConfigureAwait(false);
            return ExitCode;
        }
    }

    private static string Sentence(Exception e) => e switch
    {
        HoconException or StartException or StoreException or StoredFormatException or FormatException => e.Message,
        AggregateException { InnerExceptions.Count: 1 } => Sentence(e.InnerException!),
        IOException { InnerException: not null } => $"{e.Message} ({e.InnerException!.Message})",
        _ => $"{e.Message} ({e.GetType().Name})",
    };
}
