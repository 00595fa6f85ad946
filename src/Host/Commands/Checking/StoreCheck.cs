using System.Collections.Immutable;
using System.Data.Common;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Statistics;
using Npgsql;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Checks the store: there, of this program's schema, started with these settings, without foreign rows.</summary>
internal sealed class StoreCheck(CheckReport report, IStore store, HostSettings settings)
{
    private const string Setting = "dataload.store.connection";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (settings.Store.Provider == DatabaseProvider.Sqlite && !File.Exists(store.Name["SQLite ".Length..]))
            {
                report.Note("store", $"{store.Name} does not exist yet; the first start makes it.");
                return;
            }

            await CheckAsync(cancellationToken);
        }
        catch (Exception e) when (FailureText.IsOutside(e))
        {
            report.Problem("store", $"{store.Name}: {FailureText.OfDatabase(e, Setting)}");
        }
    }

    private ImmutableArray<Page> Pages => Catalog.Default.WithBreakdowns(settings.Engine.Breakdowns).Pages;

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        // First: of a file that is used under another name nothing is to be opened.
        if (await store.CheckDatabaseAsync(Pages, cancellationToken) is { } unfit)
        {
            report.Problem("store", unfit);
            return;
        }

        await store.PingAsync(cancellationToken);
        foreach (string warning in await store.FindWarningsAsync(Pages, cancellationToken))
        {
            report.Note("store", warning);
        }

        string? wrong = await store.CheckSchemaAsync(cancellationToken);
        string? shards = await store.FindFixedAsync(FixedValues.Partitions, cancellationToken);
        (Finding finding, string text) = wrong switch
        {
            null => (Finding.Ok, $"{store.Name} is reachable, its schema is up to date."),
            _ when wrong.Contains("newer", StringComparison.Ordinal) || wrong.Contains("was written by", StringComparison.Ordinal) => (Finding.Problem, wrong),
            _ when shards is null => (Finding.Note, $"{store.Name} is reachable and fresh; the first start makes its tables."),
            _ => (Finding.Note, $"{wrong} The next start does so."),
        };
        report.Add(finding, "store", text);

        CheckFixed("dataload.sharding.shards", settings.Engine.Partitions.Partitions.ToString(), shards);
        CheckFixed("dataload.time-zone", settings.Engine.TimeZone, await store.FindFixedAsync(FixedValues.TimeZone, cancellationToken));
        if (shards is not null && wrong is null)
        {
            if (await store.CheckJournalAsync(cancellationToken) is { } journal)
            {
                report.Problem("store", journal);
            }

            IReadOnlyList<NodePresence> nodes = await store.Nodes.ListAsync(cancellationToken);
            string others = string.Join(", ", nodes.Select(node => node.Node.Id));
            if (nodes.Count > 0 && settings.Store.Provider == DatabaseProvider.Sqlite)
            {
                report.Note("store", $"node {others} runs over it, and one does at a time: a start is refused until it has ended.");
            }
            else
            {
                report.Ok("store", nodes.Count == 0 ? "no node runs over it." : $"{others} {(nodes.Count == 1 ? "runs" : "run")} over it; a start joins.");
            }
        }

        await CheckBreakdownsAsync(wrong is null && shards is not null, cancellationToken);
        if (finding != Finding.Problem)
        {
            await NoteWhatIsNewAsync(shards, isUpToDate: wrong is null, cancellationToken);
        }

        foreach (Page page in Pages)
        {
            await CheckTableAsync(page, cancellationToken);
        }
    }

    private async Task CheckBreakdownsAsync(bool isInUse, CancellationToken cancellationToken)
    {
        if (!isInUse)
        {
            return;
        }

        IReadOnlyList<Declaration> agreed = await store.Declarations.ListAsync(cancellationToken);
        HashSet<string> on = agreed.Where(known => known.Column is null).Select(breakdown => breakdown.Table).ToHashSet(StringComparer.Ordinal);
        HashSet<string> wanted = [.. Pages.SelectMany(page => page.Tables).Where(table => table.Breakdown is not null).Select(table => table.Name)];
        if (on.SetEquals(wanted))
        {
            foreach (string note in BackfillNotes.Of(agreed, settings.Engine.Partitions.Partitions, settings.Engine.TimeZone))
            {
                report.Note("store", note);
            }

            return;
        }

        string change = $"dataload.pages turns on [{string.Join(", ", wanted.Except(on).Order(StringComparer.Ordinal))}] and off "
            + $"[{string.Join(", ", on.Except(wanted).Order(StringComparer.Ordinal))}]";
        if ((await store.Nodes.ListAsync(cancellationToken)).Count > 0)
        {
            report.Problem("store", $"{change}, while nodes run over {store.Name}: they refuse this one; set it as they have it, or stop them all first.");
        }
        else
        {
            report.Note("store", $"{change}: the next start does so. What is turned on is computed over the past, what is turned off stays as it stands.");
        }
    }

    /// <summary>What the next start declares that was not counted before, and what it lacks for good. A store of an earlier schema tells it as well.</summary>
    private async Task NoteWhatIsNewAsync(string? started, bool isUpToDate, CancellationToken cancellationToken)
    {
        if (!int.TryParse(started, out int partitions))
        {
            return;
        }

        Declaration[] further;
        try
        {
            further = [.. (await store.Declarations.PlanAsync(Catalog.Default.WithBreakdowns(settings.Engine.Breakdowns), cancellationToken)).Where(planned => !planned.IsComplete)];
        }
        catch (StoreException e)
        {
            report.Problem("store", e.Message);
            return;
        }

        // Where a Partition's journal begins an earlier schema may not tell.
        int? trimmed = further.Length == 0 || !isUpToDate ? null : await CountTrimmedAsync(partitions, cancellationToken);
        foreach (Declaration planned in further)
        {
            string past = trimmed is null ? "its past is computed from the journal while counting goes on, as far as that was not trimmed."
                : trimmed == 0 ? "all of its past is computed from the journal while counting goes on."
                : $"its past is computed from the journal while counting goes on, but {trimmed} of {partitions} Partitions have trimmed theirs: what they counted before is lacking for good.";
            report.Note("store", $"{planned.Name} is new, and the next start adds it once no node runs: {past}");
        }
    }

    private async Task<int> CountTrimmedAsync(int partitions, CancellationToken cancellationToken)
    {
        int trimmed = 0;
        for (int partition = 0; partition < partitions; partition++)
        {
            trimmed += (await store.Partitions.LoadAsync(partition, cancellationToken)).Baseline > 0 ? 1 : 0;
        }

        return trimmed;
    }

    private void CheckFixed(string setting, string value, string? started)
    {
        (Finding finding, string text) = started is null ? (Finding.Note, $"{setting} = {value} becomes fixed at the first start.")
            : string.Equals(started, value, StringComparison.Ordinal) ? (Finding.Ok, $"{setting} = {value}, as it was started with.")
            : (Finding.Problem, $"{setting} is {value}, but {store.Name} was started with {started}, which cannot change: set it back to {started}, or "
                + "start with an empty store.");
        report.Add(finding, "store", text);
    }

    private async Task CheckTableAsync(Page page, CancellationToken cancellationToken)
    {
        string subject = $"table {page.Table}";
        try
        {
            long foreign = await store.Statistics.CountForeignAsync(page, cancellationToken);
            (Finding finding, string text) = foreign == 0 ? (Finding.Ok, "holds no rows that something else wrote.")
                : settings.Engine.AdoptExistingRows ? (Finding.Note, $"holds {foreign} rows that something else wrote; the next start takes them as a "
                    + "baseline (dataload.statistics.adopt-existing-rows).")
                : (Finding.Problem, $"holds {foreign} rows that something else wrote, and a start will not count over them: empty the table, or set "
                    + "dataload.statistics.adopt-existing-rows = true to take them as a baseline that counts add to.");
            report.Add(finding, subject, text);
        }
        catch (Exception e) when (IsMissing(e, PostgresErrorCodes.UndefinedTable, "no such table"))
        {
            report.Note(subject, "is not there yet; the first start makes it.");
        }
        catch (Exception e) when (IsMissing(e, PostgresErrorCodes.UndefinedColumn, "no such column"))
        {
            report.Note(subject, "was made by something else; the first start adds the engine's columns, and refuses where it holds rows, unless "
                + "dataload.statistics.adopt-existing-rows = true.");
        }
    }

    private static bool IsMissing(Exception e, string sqlState, string text) =>
        e is PostgresException refused ? string.Equals(refused.SqlState, sqlState, StringComparison.Ordinal)
        : e is DbException && e.Message.Contains(text, StringComparison.Ordinal);
}
