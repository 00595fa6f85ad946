using System.CommandLine;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Hosting;
using DataLoad.Host.Operating;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands.Operating;

/// <summary>What the commands are made with; the same definitions serve the command line and the console.</summary>
/// <param name="source">Which node they ask.</param>
/// <param name="confirmation">Asks what has to be confirmed.</param>
/// <param name="time">The clock.</param>
internal sealed class OperatingContext(NodeSource source, Confirmation confirmation, TimeProvider time)
{
    private readonly Option<bool> _json = new("--json") { Description = "Prints the answer of the HTTP API as JSON, for programs." };

    /// <summary>Makes a command.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What it does, in a line.</param>
    /// <param name="details">What its help says after the options.</param>
    /// <param name="symbols">Its arguments and options.</param>
    /// <param name="work">Its work, which returns the exit code.</param>
    public DetailedCommand Define(string name, string summary, string details, IEnumerable<Symbol> symbols, Func<ParseResult, Operation, CancellationToken,
        Task<int>> work)
    {
        var command = new DetailedCommand(name, summary, details);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.Add(_json);
        source.AddTo(command);
        command.SetAction((result, cancellationToken) =>
            Failure.GuardAsync(() => RunAsync(result, work, cancellationToken), result.InvocationConfiguration.Error));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, Func<ParseResult, Operation, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        (NodeAccess node, ConsoleSettings settings) = source.Find(result);
        TextWriter output = result.InvocationConfiguration.Output;
        using var client = new NodeClient(node);
        return await work(
            result,
            new Operation
            {
                Node = client,
                Display = Display.For(output),
                Output = output,
                IsJson = result.GetValue(_json),
                Confirmation = confirmation,
                Settings = settings,
                Time = time,
            },
            cancellationToken);
    }
}
