using System.CommandLine;
using DataLoad.Host.Commands;

namespace DataLoad.Host.Tests.Commands;

/// <summary>Runs a command line and keeps what it writes.</summary>
internal sealed record CommandRun(int Code, string Output, string Error)
{
    public static async Task<CommandRun> OfAsync(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await CommandLine.RunAsync(args, new InvocationConfiguration { Output = output, Error = error });
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
