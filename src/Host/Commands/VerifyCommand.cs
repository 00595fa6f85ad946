using DataLoad.Engine.Statistics;
using DataLoad.Engine.Auditing;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Admin;
using DataLoad.Host.Commands.Checking;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Hosting;
using Spectre.Console;

namespace DataLoad.Host.Commands;

/// <summary><c>dataload verify</c>: compares the statistics tables with the journal.</summary>
internal static class VerifyCommand
{
    private const string Details = """
        Computes the statistics anew from the journal and compares them with the tables, row by row, each at the point of
        the journal that the row stands at. Reads all snapshots and parked deliveries, too, and tells which blocks,
        snapshots and parked deliveries are damaged. With a filter, only the snapshots of its Counters. Changes nothing, and
        may run beside a node that counts: then it waits, up to a minute or as long as --wait says, for rows that are not
        flushed yet, and those that do not come are differences. Where no node runs nobody flushes them, and they are
        differences at once. Metrics and breakdowns whose past is still computed are named, and not compared.

        Examples:
          dataload verify
          dataload verify --page act --from 2024-11-01 --to 2024-11-30
          dataload verify --topic ACTIVITY:7

        Exit codes: 0 no difference; 1 differences or damage; 2 it could not be done.
        """;

    public static Command Create(Option<FileInfo[]> config)
    {
        var filter = new FilterOptions();
        var tables = new TableOptions();
        Option<int> wait = Options.Number("--wait", "SECONDS", "How many seconds after its event a row may come beside a running node before it counts as a difference.",
            1, 3600, 60);
        var command = new DetailedCommand("verify", "Compares the statistics tables with the journal, and changes nothing.", Details) { config, wait };
        filter.AddTo(command);
        command.AddAll(tables.Symbols);
        return command.Runs(async (result, cancellationToken) =>
        {
            HostSettings settings = result.LoadSettings(config);
            await using IStore store = Databases.OpenStore(settings.Store, nodeId: null);
            int partitions = await Databases.PartitionsAsync(store, cancellationToken);
            if (await store.CheckJournalAsync(cancellationToken) is { } wrong)
            {
                throw new StartException(wrong);
            }

            await using JournalSystem journal = JournalSystem.Start(store.JournalConnection);
            bool isOwned = (await store.Nodes.ListAsync(cancellationToken)).Count > 0;
            IReadOnlyList<Declaration> declared = await store.Declarations.ListAsync(cancellationToken);
            Catalog catalog = Catalog.Default.Complete(declared);
            var verification = new Verification(new CountingPlan(catalog), store, journal.Reader, new VerificationOptions
            {
                Partitions = partitions,
                Filter = filter.Read(result).ToFilter(),
                MaxFlushLag = TimeSpan.FromSeconds(result.GetValue(wait)),
                OwnedUntilMs = isOwned ? TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() : null,
                JudgesUnflushed = true,
            });
            VerificationReport report = await Progress.ShowAsync("Verifying Partitions", progress =>
                verification.RunAsync(done => progress(done, partitions), cancellationToken));
            Print(report, result.InvocationConfiguration.Output, tables.Read(result));
            foreach (string note in BackfillNotes.Of(declared, partitions, settings.Engine.TimeZone))
            {
                await result.InvocationConfiguration.Output.WriteLineAsync(note);
            }

            return report.IsClean ? ExitCode.Done : ExitCode.Found;
        });
    }

    /// <summary>Writes what was found.</summary>
    internal static void Print(VerificationReport report, TextWriter output, TableShape? shape = null)
    {
        foreach (Damage damage in report.Damages)
        {
            output.WriteLine($"damaged: {damage.Message}");
        }

        WriteWhere(report.DamageCount > report.Damages.Count, $"… and {report.DamageCount - report.Damages.Count} more damages.");
        if (report.Differences.Count > 0)
        {
            Display display = Display.For(output, shape ?? TableShape.Usual);
            display.Table(["table", "topic", Column.Whole("day"), "column", Column.Number("row"), Column.Number("journal"), "what it is"], report.Differences.Select(Cells));
            display.Show();
        }

        WriteWhere(report.DifferenceCount > report.Differences.Count, $"… and {report.DifferenceCount - report.Differences.Count} more.");
        output.WriteLine($"{report.Rows} rows{(report.PartRows == 0 ? "" : $" and {report.PartRows} of breakdowns")} compared with {report.Events} events in {report.Partitions} Partitions: {report.DifferenceCount} differences, "
            + $"{report.DamageCount} damaged blocks, snapshots or parked deliveries.");
        WriteWhere(report.NotFlushedYet > 0,
            $"{report.NotFlushedYet} Counters have events but no row yet: not flushed yet, which the running node does.");
        WriteWhere(report.DifferenceCount > 0, "'dataload rebuild' with the same options corrects the rows from the journal.");

        void WriteWhere(bool isSo, string line)
        {
            if (isSo)
            {
                output.WriteLine(line);
            }
        }
    }

    private static Cell[] Cells(Difference difference) =>
    [
        difference.Table, Topic(difference), Form.Day(DateOnly.FromDayNumber(difference.Day)), difference.Column ?? "",
        new(Show(difference.RowValue, difference.IsAmount), IsNumber: true), new(Show(difference.JournalValue, difference.IsAmount), IsNumber: true),
        difference.Kind switch
        {
            DifferenceKind.Missing => "the row is missing",
            DifferenceKind.Overdue => "events are not flushed, though their owner went on",
            DifferenceKind.NotFlushed => "no node runs: not flushed, which the next start does",
        DifferenceKind.Unaccounted => "no event accounts for this row",
            DifferenceKind.Foreign => "not written by the engine",
            DifferenceKind.SequenceNr => "the row stands at another event than its last one",
            _ => "another value",
        },
    ];

    private static string Topic(Difference difference) =>
        $"{difference.TopicType}:{difference.TopicId}{(difference.Part is { } part ? $" {part}" : "")}";

    private static string Show(long? value, bool isAmount) => value is not { } known ? "" : isAmount ? Hundredths.Format(known) : known.ToString();
}

/// <summary><c>dataload rebuild</c>: corrects the statistics tables from the journal.</summary>
internal static class RebuildCommand
{
    private const string Details = """
        Computes the statistics anew from the journal and corrects the rows that differ, are missing, or that no event
        accounts for. A node that runs is asked to do it, since the owner alone may correct rows; without one the command
        takes the Partitions itself. Rows that the engine did not write are left alone.

        Examples:
          dataload rebuild --topic ACTIVITY:7
          dataload rebuild --page act --from 2024-11-01 --to 2024-11-30
          dataload rebuild

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command Create(Option<FileInfo[]> config)
    {
        var filter = new FilterOptions();
        Option<int> timeout = Options.Number("--timeout", "SECONDS", "How many seconds a running node may take before the command stops waiting for it.",
            1, 604_800, 3600);
        var command = new DetailedCommand("rebuild", "Corrects the statistics tables from the journal.", Details) { config, timeout };
        filter.AddTo(command);
        return command.Runs(async (result, cancellationToken) =>
        {
            HostSettings settings = result.LoadSettings(config);

            // What the engine says while it recovers is of no interest here; what goes wrong is thrown.
            await using ServiceProvider services = new ServiceCollection().AddLogging().AddNode(settings, address: "").BuildServiceProvider();
            IStore store = services.GetRequiredService<IStore>();
            int partitions = await Databases.PartitionsAsync(store, cancellationToken);
            RebuildRequest request = filter.Read(result);
            RebuildTotals done;
            if ((await store.Nodes.ListAsync(cancellationToken)).FirstOrDefault(node => node.HasJoined) is { } running)
            {
                using OwnerClient client = OwnerClient.Create(running.Node);
                done = await client.RebuildAsync(request, TimeSpan.FromSeconds(result.GetValue(timeout)), cancellationToken);
            }
            else
            {
                ClusterStart.Check(settings.Engine.Cluster);
                done = await RunHereAsync(services.GetRequiredService<ClusterNode>(), partitions, request, cancellationToken);
            }

            await result.InvocationConfiguration.Output.WriteLineAsync($"{done.Counters} Counters computed, {done.Corrected} rows corrected, {done.Removed} "
                + "rows removed.");
            return ExitCode.Done;
        });
    }

    private static Task<RebuildTotals> RunHereAsync(ClusterNode node, int partitions, RebuildRequest request, CancellationToken cancellationToken) =>
        Progress.ShowAsync("Rebuilding Partitions", async progress =>
        {
            RebuildTotals? done = null;
            await node.RunOfflineAsync(async client => done = await client.RebuildAsync(request.ToFilter(), finished => progress(finished, partitions), cancellationToken), cancellationToken);
            return done!;
        });
}
