using System.Diagnostics;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>What the program finds in its environment when a test starts it.</summary>
internal static class ProgramEnvironment
{
    /// <summary>Takes out the settings of whoever runs the tests, and has methods compiled again as late as in the program that is delivered (8,192 calls): what a
    /// test starts ends before that pays.</summary>
    public static void Prepare(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("DATALOAD_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_TC_CallCountThreshold"] = "2000";
    }
}
