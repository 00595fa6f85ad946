using DataLoad.Bench.Drain;
using DataLoad.Bench.Reporting;

namespace DataLoad.Bench.Profile;

/// <summary>Where the CPU of a drain goes: of the engine by stage, of the database by connection, of the broker as a whole.</summary>
internal static class ProfileReport
{
    private const string Unit = "CPU µs a message";

    /// <summary>Prints the table and writes it as <c>profile.md</c> and <c>profile.json</c>.</summary>
    public static void Write(string folder, DrainResult drain, StageCount samples, IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after)
    {
        var table = new FigureTable("profile", folder);
        Add(table, samples, drain.Messages);
        foreach ((string name, double seconds) in after)
        {
            table.Add(name, Unit, goal: null, (seconds - before[name]) / drain.Messages * 1e6);
        }

        table.Add("database, all of it", Unit, goal: null, drain.DatabaseCpu / drain.Messages * 1e6);
        table.Add("broker, all of it", Unit, goal: null, drain.BrokerCpu / drain.Messages * 1e6);
        table.Print();
    }

    /// <summary>Adds what each stage takes of the program's CPU, and the program's as a whole.</summary>
    /// <param name="table">Where to.</param>
    /// <param name="samples">The samples, of one process or of several.</param>
    /// <param name="messages">How many messages were drained meanwhile.</param>
    /// <param name="by">What each line begins with.</param>
    public static void Add(FigureTable table, StageCount samples, int messages, string by = "")
    {
        double each = 1e6 / Perf.Frequency / messages;
        for (int i = 0; i < Stage.All.Count; i++)
        {
            table.Add(by + Stage.All[i].Name, Unit, goal: null, samples.Samples[i] * each);
        }

        table.Add(by + "garbage collection, timers and others", Unit, goal: null, samples.Others * each);
        table.Add(by + "the program, all of it", Unit, goal: null, samples.Total * each);
    }
}
