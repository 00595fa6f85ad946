using DataLoad.Engine.Auditing;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary><c>dataload verify</c>: compares the statistics tables with the journal.</summary>
internal static class VerifyCommand
{
    private const string Details =
        """
        Computes the statistics anew from the journal and compares them with the tables, row by row, each at the point of
        the journal that the row stands at. Reads all snapshots and parked deliveries, too, and tells which blocks,
        snapshots and parked deliveries are damaged. With a filter, only the snapshots of its Counters. Changes nothing, and
        may run beside a node that counts.

        Examples:
          dataload verify
          dataload verify --page act --from 2024-11-01 --to 2024-11-30
          dataload verify --topic activity:7

        Exit codes: 0 no difference; 1 differences or damage; 2 it could not be done.
        """;

    public static Command Create(Option<FileInfo[]> config)
    {
        var filter = new FilterOptions();
        var command = new DetailedCommand("verify", "Compares the statistics tables with the journal, and changes nothing.", Details) { config };
        filter.AddTo(command);
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
            bool isOwned = await store.Leases.FindOwnerAsync(cancellationToken) is not null;
            var verification = new Verification(new CountingPlan(Catalog.Default), store, journal.Reader, new VerificationOptions
            {
                Partitions = partitions,
                Filter = filter.Read(result).ToFilter(),
                OwnedUntilMs = isOwned ? TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() : null,
            });
            VerificationReport report = await Progress.ShowAsync("Verifying Partitions", partitions, progress =>
                verification.RunAsync(progress, cancellationToken));
            Print(report, result.InvocationConfiguration.Output);
            return report.IsClean ? ExitCode.Done : ExitCode.Found;
        });
    }

    /// <summary>Writes what was found.</summary>
    internal static void Print(VerificationReport report, TextWriter output)
    {
        foreach (Damage damage in report.Damages)
        {
            output.WriteLine($"damaged: {damage.Message}");
        }

        if (report.DamageCount > report.Damages.Count)
        {
            output.WriteLine($"… and {report.DamageCount - report.Damages.Count} more damages.");
        }

        if (report.Differences.Count > 0)
        {
            Display display = Display.For(output);
            display.Table(["table", "topic", "day", "column", "row", "journal", "what it is"], report.Differences.Select(Cells));
            display.Show();
        }

        if (report.DifferenceCount > report.Differences.Count)
        {
            output.WriteLine($"… and {report.DifferenceCount - report.Differences.Count} more.");
        }

        output.WriteLine($"{report.Rows} rows compared with {report.Events} events in {report.Partitions} Partitions: {report.DifferenceCount} differences, "
            + $"{report.DamageCount} damaged blocks, snapshots or parked deliveries.");
        if (report.NotFlushedYet > 0)
        {
            output.WriteLine($"{report.NotFlushedYet} Counters have events but no row yet: not flushed yet, which the running node or the next start does.");
        }

        if (report.DifferenceCount > 0)
        {
            output.WriteLine("'dataload rebuild' with the same options corrects the rows from the journal.");
        }
    }

    private static Cell[] Cells(Difference difference) =>
    [
        difference.Table,
        $"{difference.TopicType}:{difference.TopicId}",
        Form.Day(DateOnly.FromDayNumber(difference.Day)),
        difference.Column ?? "",
        Show(difference.RowValue, difference.IsAmount),
        Show(difference.JournalValue, difference.IsAmount),
        difference.Kind switch
        {
            DifferenceKind.Missing => "the row is missing",
            DifferenceKind.Overdue => "events are not flushed, though their owner went on",
            DifferenceKind.Unaccounted => "no event accounts for this row",
            DifferenceKind.Foreign => "not written by the engine",
            DifferenceKind.SequenceNr => "the row stands at another event than its last one",
            _ => "another value",
        },
    ];

    private static string Show(long? value, bool isAmount) => value is not { } known ? ""
        : isAmount ? Hundredths.Format(known)
        : known.ToString();
}
