using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DataLoad.Host.Commands;

/// <summary>The library's help, and after it the details of a <see cref="TaughtCommand"/>.</summary>
/// <param name="help">The library's help.</param>
internal sealed class TeachingHelp(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <summary>Puts it in the place of a root command's help.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new TeachingHelp((SynchronousCommandLineAction)option.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is TaughtCommand command)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(command.Details);
        }

        return code;
    }
}
