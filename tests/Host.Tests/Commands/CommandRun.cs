using System.CommandLine;
using DataLoad.Host.Commands;
using DataLoad.Host.Commands.Operating;

namespace DataLoad.Host.Tests.Commands;

/// <summary>Runs a command line and keeps what it writes.</summary>
internal sealed record CommandRun(int Code, string Output, string Error)
{
    public static Task<CommandRun> OfAsync(params string[] args) => OfAsync(nodes: null, args);

    /// <summary>Runs it on a machine with these nodes.</summary>
    public static async Task<CommandRun> OfAsync(LocalNodes? nodes, params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await CommandLine.RunAsync(args, new InvocationConfiguration { Output = output, Error = error }, nodes);
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
