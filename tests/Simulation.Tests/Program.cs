using DataLoad.Simulation.Running;

namespace DataLoad.Simulation;

/// <summary>A test project for <c>dotnet test</c>, and by its own options a simulator of any number of seeds.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["--seed" or "--seeds" or "--minutes" or "--fault" or "--scenario" or "--keep" or "--help" or "-h", ..])
        {
            return new CommandLine(args, Console.Out).Run();
        }

        return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
