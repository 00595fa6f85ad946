using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using DataLoad.Engine.Counting;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary>A command whose help teaches more than the line that lists it: details that follow the options, with examples and exit codes.</summary>
internal sealed class DetailedCommand(string name, string summary, string details) : Command(name, summary)
{
    public string Details { get; } = details;

    /// <summary>Has it refuse a command line: the check says what is wrong with it, or null.</summary>
    public DetailedCommand Refuses(Func<CommandResult, string?> check)
    {
        Validators.Add(result =>
        {
            if (check(result) is { } error)
            {
                result.AddError(error);
            }
        });
        return this;
    }

    /// <summary>Gives it its work, which returns the exit code; what that throws becomes a sentence on standard error.</summary>
    public DetailedCommand Runs(Func<ParseResult, CancellationToken, Task<int>> work)
    {
        SetAction((result, cancellationToken) => Failure.GuardAsync(() => work(result, cancellationToken), result.InvocationConfiguration.Error));
        return this;
    }
}

/// <summary>What commands have in common.</summary>
internal static class CommandExtensions
{
    /// <summary>Adds arguments, options and commands.</summary>
    public static void AddAll(this Command command, IEnumerable<Symbol> symbols)
    {
        foreach (Symbol symbol in symbols)
        {
            switch (symbol)
            {
                case Argument argument: command.Add(argument); break;
                case Option option: command.Add(option); break;
                case Command below: command.Add(below); break;
            }
        }
    }
}

/// <summary>The library's help, and after it the details of a <see cref="DetailedCommand"/>.</summary>
internal sealed class DetailedHelp(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <summary>Puts it in the place of a root command's help.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new DetailedHelp((SynchronousCommandLineAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is DetailedCommand command)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(command.Details);
        }

        return code;
    }
}

/// <summary>What a command's exit code says: the work is done, and nothing is wrong; it is done, and something is wrong (a problem, a difference, damage) or not there;
/// it could not be done.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Found = 1;
    public const int Failed = 2;
}

/// <summary>Turns what ends a command into one sentence and an exit code.</summary>
internal static class Failure
{
    /// <summary>Runs a command's work; what it throws becomes a sentence.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> work, TextWriter error)
    {
        try
        {
            return await work();
        }
        catch (Exception e)
        {
            await error.WriteLineAsync($"dataload: {Sentence(e)}");
            return e is NodeException { IsAbsent: true } ? ExitCode.Found : ExitCode.Failed;
        }
    }

    private static string Sentence(Exception e) => e switch
    {
        OperationCanceledException => "cancelled",
        HoconException or StartException or NodeException or StoreException or StoredFormatException or FormatException => e.Message,
        AggregateException { InnerExceptions.Count: 1 } => Sentence(e.InnerException!),
        IOException { InnerException: not null } => $"{e.Message} ({e.InnerException!.Message})",
        _ => $"{e.Message} ({e.GetType().Name})",
    };
}
