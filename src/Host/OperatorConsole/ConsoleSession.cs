using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using DataLoad.Host.Commands;

namespace DataLoad.Host.OperatorConsole;

/// <summary>Reads lines and runs them as commands, until there are no more.</summary>
internal sealed class ConsoleSession(RootCommand root, ILineSource lines, TextWriter output, TextWriter error)
{
    /// <summary>Whether a command has asked to leave.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>Runs until the lines end or a command leaves.</summary>
    /// <returns>The largest exit code of all commands, which is what a script with several wants to know.</returns>
    public async Task<int> RunAsync(string prompt, CancellationToken cancellationToken)
    {
        int code = ExitCode.Done;
        while (!IsLeaving && !cancellationToken.IsCancellationRequested && lines.ReadLine(prompt) is { } line)
        {
            code = Math.Max(code, await RunLineAsync(line, cancellationToken));
        }

        return code;
    }

    /// <summary>Runs a line; Ctrl-C ends what it runs and not the console.</summary>
    private async Task<int> RunLineAsync(string line, CancellationToken cancellationToken)
    {
        List<string> words;
        try
        {
            words = CommandWords.Split(line);
        }
        catch (FormatException e)
        {
            await error.WriteLineAsync($"dataload: {e.Message}");
            return ExitCode.Failed;
        }

        // A line of a script may be a remark, or bring the program's name from a shell's.
        if (words is ["dataload", .. var rest])
        {
            words = rest;
        }

        if (words is [] || words[0].StartsWith('#'))
        {
            return ExitCode.Done;
        }

        if (words is ["help", .. var topic])
        {
            words = [.. topic, "--help"];
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            ends.Cancel();
        });
        ParseResult parsed = root.Parse(words);
        if (parsed.Action is ParseErrorAction wrong)
        {
            wrong.ShowHelp = false;
        }

        int code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null }, ends.Token);
        return parsed.Action is ParseErrorAction ? ExitCode.Failed : code;
    }
}
