using System.Globalization;
using DataLoad.Simulation.Tests.Proofs;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests;

/// <summary>A test project for <c>dotnet test</c>, and by its own options a simulator of any number of seeds.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["--harness", { } seed])
        {
            // The trace of the harness's own proof, to be compared over processes.
            Trace trace = HarnessRun.Run(ulong.Parse(seed, CultureInfo.InvariantCulture));
            trace.Lines!.ForEach(Console.WriteLine);
            return 0;
        }

        if (args is ["--seed" or "--seeds" or "--minutes" or "--fault" or "--scenario" or "--keep" or "--help" or "-h", ..])
        {
            return new CommandLine(args, Console.Out).Run();
        }

        return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
