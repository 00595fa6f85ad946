using System.Data.Common;
using DataLoad.Engine.Resolving;

namespace DataLoad.Host.Commands.Checking;

/// <summary>Runs each stream's queries in the business database, for no keys, and looks at their columns.</summary>
internal sealed class BusinessCheck(CheckReport report, ILookup lookup, HostSettings settings)
{
    // Streams share queries: each is run once.
    private readonly Dictionary<(string Step, string Query), string?> _wrong = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await lookup.CheckDatabaseAsync(cancellationToken) is { } unfit)
            {
                report.Problem("business", $"{unfit} Its queries were not tried.");
                return;
            }

            await lookup.PingAsync(cancellationToken);
            report.Ok("business", $"{lookup.Name} is reachable.");
            foreach (string warning in await lookup.FindWarningsAsync(cancellationToken))
            {
                report.Note("business", warning);
            }
        }
        catch (Exception e) when (FailureText.IsOutside(e))
        {
            report.Problem("business", $"{lookup.Name}: {FailureText.OfDatabase(e, "dataload.business.connection")} Its queries were not tried.");
            return;
        }

        foreach (StreamDefinition stream in Catalog.Default.Streams.Where(stream => !stream.Lookups.IsEmpty && settings.Engine.Amqp.Of(stream).Enabled))
        {
            await CheckAsync(stream, cancellationToken);
        }
    }

    private async Task CheckAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        bool isGood = true;
        foreach (LookupStep step in stream.Lookups)
        {
            string query = settings.Engine.Amqp.Of(stream).Queries.TryGetValue(step.Name, out string? set) ? set : DefaultQueries.Of(step);
            if (!_wrong.TryGetValue((step.Name, query), out string? wrong))
            {
                _wrong.Add((step.Name, query), wrong = await TryAsync(step, query, cancellationToken));
            }

            if (wrong is not null)
            {
                isGood = false;
                report.Problem($"business {stream.Name}",
                    $"query {step.Name} {wrong} Mend it in dataload.streams.\"{stream.Name}\".queries.{step.Name}, or the table.");
            }
        }

        if (isGood)
        {
            report.Ok($"business {stream.Name}", $"{string.Join(", ", stream.Lookups.Select(step => step.Name))}: the queries run and return their columns.");
        }
    }

    private async Task<string?> TryAsync(LookupStep step, string query, CancellationToken cancellationToken)
    {
        try
        {
            var rows = new LookupRows(step);
            await lookup.QueryAsync(query, step, ReadOnlyMemory<int>.Empty, rows, cancellationToken);
            return rows.Count == 0 ? null : $"returns {rows.Count} rows for no keys, so that each batch reads them all: select by id = ANY(@keys).";
        }
        catch (Exception e) when (e is LookupException or DbException or StoreException or TimeoutException or InvalidOperationException)
        {
            string message = e is Npgsql.PostgresException refused ? refused.MessageText : e.Message;
            return $"fails: {(message.EndsWith('.') ? message : message + ".")}";
        }
    }
}
