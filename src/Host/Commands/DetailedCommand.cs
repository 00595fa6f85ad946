using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary>A command whose help teaches more than the line that lists it.</summary>
/// <param name="name">The command's name.</param>
/// <param name="summary">What it does, in a line.</param>
/// <param name="details">What its own help says after the options: more about it, examples, exit codes.</param>
internal sealed class DetailedCommand(string name, string summary, string details) : Command(name, summary)
{
    /// <summary>What its own help says after the options.</summary>
    public string Details { get; } = details;
}

/// <summary>The library's help, and after it the details of a <see cref="DetailedCommand"/>.</summary>
/// <param name="help">The library's help.</param>
internal sealed class DetailedHelp(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <summary>Puts it in the place of a root command's help.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new DetailedHelp((SynchronousCommandLineAction)option.Action!);
    }

    /// <inheritdoc/>
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

/// <summary>What a command's exit code says.</summary>
internal static class ExitCode
{
    /// <summary>The work is done, and nothing is wrong.</summary>
    public const int Done = 0;

    /// <summary>The work is done, and something is wrong: a problem, a difference, damage.</summary>
    public const int Found = 1;

    /// <summary>The work could not be done.</summary>
    public const int Failed = Failure.ExitCode;
}
