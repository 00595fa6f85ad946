using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tracing;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>The way of a session: all its events over all streams, topics and days, in the order of their time.</summary>
internal static class TraceEndpoint
{
    private const int MaxSession = 4000;

    private static readonly string[] CsvColumns =
        ["time", "stream", "topic_type", "topic_id", "stat_date", "parent_type", "parent_id", "channel", "code", "user", "identity", "key", "added", "place"];

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/trace", ApiJson.Default.SessionTimeline, context =>
        {
            var query = new ApiQuery(context.Request.Query);
            return AskAsync(services, context, query, PlaceOf(query), query.Limit);
        }, AccessPolicy.Analyst);
        api.MapRead("/trace.csv", async context =>
        {
            int most = services.Settings.Traces.MaxRows;
            var query = new ApiQuery(context.Request.Query);
            string start = query.CsvStart;
            SessionTimeline found = await AskAsync(services, context, query, EventPlace.Start, most);
            return found.Next is not null ? throw Unprocessable(
                    $"The session has {found.Events} events, more than the {most} that are listed as CSV (dataload.trace.max-rows): /api/v1/trace lists them in pages.")
                : found.Why is { } why ? throw Unprocessable(why)
                : Results.Text(start + CsvOf(found, BusinessClock.Of(services)), "text/csv; charset=utf-8");
        }, AccessPolicy.Analyst);
    }

    private static async Task<SessionTimeline> AskAsync(ApiServices services, HttpContext context, ApiQuery query, EventPlace after, int limit)
    {
        string session = query.Text("session", MaxSession) ?? throw ApiProblem.Bad("session is missing: it is the sessionStr of the events.");
        JournalReader journal = services.Node.Journal ?? throw ApiProblem.NotServing();
        if (!await services.Traces.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            throw new ApiProblem(StatusCodes.Status429TooManyRequests,
                $"{services.Settings.Traces.MaxRunning} sessions are being traced already (dataload.trace.max-running): try again in a moment.");
        }

        try
        {
            return await services.Audit.RunAsync(
                context, "trace", session, "", () => TraceAsync(services, journal, session, after, limit, context.RequestAborted), _ => "");
        }
        catch (TraceTooLargeException e)
        {
            throw Unprocessable(e.Message);
        }
        finally
        {
            services.Traces.Release();
        }
    }

    private static async Task<SessionTimeline> TraceAsync(
        ApiServices services, JournalReader journal, string session, EventPlace after, int limit, CancellationToken cancellationToken)
    {
        var trace = new SessionTrace(services.Catalog, services.Settings.Engine.Partitions.Partitions, journal, services.Store.Partitions,
            services.Store.Snapshots, services.Settings.Traces);
        var additions = new EventAdditions(new CountingPlan(services.Catalog));
        TracedSession<SessionTimeline.SessionEvent> found = await trace.RunAsync(session, after, limit, ViewOf, cancellationToken);
        string? why = found.UnreadBlocks == 0 ? null
            : $"{found.UnreadBlocks} entries of the journal are not indexed by session yet, which nodes do in the background, and were not looked at "
                + "(dataload.trace.max-scanned-blocks): try again later.";
        return new SessionTimeline(session, found.Events, found.Blocks, found.ScannedBlocks, found.Trimmed.Count, why is null, why, found.Items,
            found.Next?.ToString());

        Func<BlockDecoder, int, SessionTimeline.SessionEvent> ViewOf(int partition)
        {
            var view = new EntryView(services.Catalog, users: true);
            return (decoder, index) => new SessionTimeline.SessionEvent(view.Show(decoder, index, partition), AddedBy(additions, decoder.Event));
        }
    }

    private static NamedValues AddedBy(EventAdditions additions, BusinessEvent @event)
    {
        Page page = additions.PageOf(@event);
        long[] values = additions.Of(@event);
        return new NamedValues([.. values.Select((value, place) => (Value: value, Place: place)).Where(added => added.Value != 0).Select(added =>
            new NamedValues.Entry(page.Metrics[added.Place].Column, NamedValues.ValueOf(page.Metrics[added.Place], added.Value, isDistinctKnown: true)))]);
    }

    private static EventPlace PlaceOf(ApiQuery query) => query.Text("after") is not { } text ? EventPlace.Start
        : EventPlace.Parse(text) ?? throw ApiProblem.Bad($"after = {text} is no place in a session: expected what 'next' told.");

    private static ApiProblem Unprocessable(string detail) => new(StatusCodes.Status422UnprocessableEntity, detail);

    private static string CsvOf(SessionTimeline found, BusinessClock clock)
    {
        IEnumerable<string[]> rows = found.Items.Select(item => (string[])
        [
            clock.Time(item.Event.Time), item.Event.Stream, item.Event.Type,
            $"{item.Event.Id}", item.Event.Day.ToString("yyyy-MM-dd"), item.Event.ParentType ?? "", $"{item.Event.ParentId}", item.Event.ChannelType ?? "",
            item.Event.QrCode ?? "", $"{item.Event.UserId}", item.Event.Identity, $"{item.Event.BusinessKey}",
            string.Join(' ', item.Added.Entries.Select(entry => $"{entry.Name}={entry.Value?.Text}")),
            $"{item.Event.Shard}/{item.Event.SequenceNr}.{item.Event.Index}",
        ]);
        return string.Concat(rows.Prepend(CsvColumns).Select(row => string.Join(',', row.Select(CounterCsv.Quote)) + "\r\n"));
    }
}

/// <summary>The events of a session, a page of them, in the order of their time; <c>why</c> says what may lack.</summary>
internal sealed record SessionTimeline(string Session, long Events, long Blocks, long ScannedBlocks, int Trimmed, bool Complete, string? Why,
    IReadOnlyList<SessionTimeline.SessionEvent> Items, string? Next)
{
    /// <summary>An event, and what it added to its row by itself: of distinct people or brands 1 where it has one, first or not.</summary>
    internal sealed record SessionEvent(CountedEvent Event, NamedValues Added);
}
