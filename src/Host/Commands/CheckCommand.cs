using DataLoad.Engine.Resolving;
using DataLoad.Host.Commands.Checking;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary><c>dataload check</c>: whether a start would work.</summary>
internal static class CheckCommand
{
    private const string Details = """
        Looks at the settings, where HTTP would answer and whether it may, how other nodes would be let in, the store, the
        business database with each stream's queries, the broker and what is declared there. A line each: ok, note (worth knowing, such as a queue that
        the start will declare) or problem, with what is wrong and how to mend it.

        Examples:
          dataload check
          dataload check --config dataload.conf
          dataload check --config common.conf --config this-node.conf

        Exit codes: 0 no problem; 1 problems; 2 the settings cannot be read.
        """;

    public static Command Create(Option<FileInfo[]> config) =>
        new DetailedCommand("check", "Looks whether a start would work, and changes nothing.", Details) { config }.Runs((result, cancellationToken) =>
            RunAsync(result.LoadSettings(config), result.GetValue(config) ?? [], result.InvocationConfiguration.Output, cancellationToken));

    /// <summary>Checks what the settings name.</summary>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(HostSettings settings, IReadOnlyList<FileInfo> files, TextWriter output, CancellationToken cancellationToken)
    {
        await using IStore store = Databases.OpenStore(settings.Store, nodeId: null);
        await using ILookup lookup = Databases.OpenLookup(settings.Business);
        var report = new CheckReport(output);
        int enabled = Catalog.Default.Streams.Count(stream => settings.Engine.Amqp.Of(stream).Enabled);
        string from = files.Count == 0 ? "the defaults" : string.Join(", ", files.Select(file => file.Name));
        report.Ok("settings", $"read from {from}; {enabled} of {Catalog.Default.Streams.Length} streams are on.");
        foreach (HoconProblem unknown in settings.Akka.FindUnknownKeys())
        {
            report.Note("settings", unknown.ToString());
        }

        new HttpCheck(report, settings.Http).Run();
        new ClusterCheck(report, settings.Engine.Cluster).Run();
        await new StoreCheck(report, store, settings).RunAsync(cancellationToken);
        await new BusinessCheck(report, lookup, settings).RunAsync(cancellationToken);
        await new BrokerCheck(report, settings).RunAsync(cancellationToken);
        await output.WriteLineAsync(report.Problems switch
        {
            0 => "No problem was found.",
            1 => "1 problem was found.",
            _ => $"{report.Problems} problems were found.",
        });
        return report.Problems == 0 ? ExitCode.Done : ExitCode.Found;
    }
}
