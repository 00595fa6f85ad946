using System.Globalization;
using System.Text;
using System.Text.Json;
using DataLoad.Engine.Contract;
using DataLoad.Host.Access;
using DataLoad.Host.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>The API's answers, as docs/api/openapi.yaml describes them.</summary>
internal static class StubApi
{
    public const long Now = 1_772_438_400_000;

    public const string TimeZone = "Asia/Shanghai";

    public static readonly JsonSerializerOptions Json = MakeOptions();

    private static readonly object NoTallies = new
    {
        deliveries = 1200,
        events = 1000,
        duplicates = 150,
        unidentified = 0,
        retries = 4,
        parked = 2,
        deadLetters = 3
    };

    public static void Map(WebApplication app, StubNode node)
    {
        RouteGroupBuilder reads = app.MapGroup("/api/v1").WithAccess(AccessPolicy.Reader);
        reads.MapGet("/whoami", (HttpContext context) =>
        {
            Caller caller = Caller.Of(context);
            return Answer(new
            {
                role = caller.RoleName,
                authentication = caller.ByToken ? "token" : "loopback",
                tokensConfigured = caller.ByToken
            });
        });
        reads.MapGet("/status", () => Answer(Status()));
        reads.MapGet("/catalog", () => Answer(CatalogDescription(node)));
        reads.MapGet("/streams", () =>
            Answer(new
            {
                streams = Catalog.Default.Streams.Select(stream =>
            Stream(stream, paused: node.Posts.Any(post => post.Path.EndsWith($"{stream.Name}/pause", StringComparison.Ordinal))))
            }));
        reads.MapGet("/shards", () => Answer(new
        {
            shards = Enumerable.Range(0, 16)
            .Select(shard => new
            {
                shard,
                node = "node-a",
                phase = "serving",
                epoch = 3,
                sequenceNr = 1000 + shard,
                checkpointSequenceNr = 900,
                uncheckpointed = 4_000,
                counters = 40,
                residentBytes = 123_456,
                unflushed = 1,
                damaged = 0,
                failing = (string?)null
            })
        }));
        reads.MapGet("/nodes", () =>
            Answer(new
            {
                nodes = new[] { new { id = "node-a", address = "http://127.0.0.1:8080", isSelf = true, shards = 16, state = "ready" },
            new { id = "node-b", address = "http://127.0.0.1:8081", isSelf = false, shards = 0, state = "waiting" } }
            }));
        reads.MapGet("/cluster", () => Answer(new
        {
            node = "node-a",
            isMember = true,
            waitingFor = (string?)null,
            members = new[] { Member("node-a", 1, isSelf: true), Member("node-b", 2, isSelf: false) },
            others = new[] { new { id = "node-c", address = "akka.tcp://dataload@10.0.0.3:4053", http = "", hasJoined = false } },
            storeError = (string?)null,
        }));
        reads.MapGet("/cluster/tail", node.Cluster.ServeAsync);
        reads.MapGet("/partitions", () => Answer(new
        {
            partitions = Enumerable.Range(0, 16).Select(partition => new
            {
                partition,
                node = partition < 8 ? "node-a" : "node-b",
                phase = "serving",
                failing = partition == 3 ? "no disk" : null
            }),
        }));
        reads.MapGet("/live", node.Live.ServeAsync);
        reads.MapGet("/rates", () => Answer(new { intervalMs = 1000, points = node.PastRates, away = node.AwayRates }));
        reads.MapGet("/tail", node.Tail.ServeAsync);
        reads.MapGet("/settings", () => Answer(new
        {
            settings = new[]
            {
                new { path = "dataload.http.operator-token", value = "(none)", origin = "reference.conf:12" },
                new { path = "dataload.amqp.url", value = "amqp://127.0.0.1", origin = "/etc/dataload.conf:3" },
            }
        }));
        app.MapGet("/api/v1/audit", (long? before, int limit) => Answer(StubAudit.Page(before, limit))).WithAccess(AccessPolicy.Operator);
        reads.MapGet("/totals", () => Answer(new
        {
            from = StubTopics.Today,
            to = StubTopics.Today,
            pages = Catalog.Default.Pages.Select(page => new { page = page.Name, topics = StubTopics.Count, values = Totals(page, node.Why), complete = node.Why is null, why = node.Why })
        }));
        reads.MapGet("/series", (string page, string metrics, DateOnly from, DateOnly to) =>
            Answer(Series(Catalog.Default.PageNamed(page), metrics, from, to, node.Why)));
        reads.MapGet("/topic", (string type, int id, DateOnly from, DateOnly to) => Answer(Topic(type, id, from, to, from == to ? null : node.Why)));
        app.MapGet("/api/v1/explain", (string page, string type, int id, DateOnly day, string column, string? by, string? after) =>
            Answer(Explained(page, type, id, day, column, by, after))).WithAccess(AccessPolicy.Analyst);
        app.MapGet("/api/v1/trace", (string session, string? after) => Answer(StubSessions.Trace(session, after))).WithAccess(AccessPolicy.Analyst);
        app.MapGet("/api/v1/trace.csv", (string session) => Results.Text($"time,stream\r\n{session},act.visit\r\n", "text/csv")).WithAccess(AccessPolicy.Analyst);
        reads.MapGet("/breakdown/totals", ([AsParameters] StubBreakdownQuery query) => Answer(StubBreakdowns.Totals(query, node.Why, node.RowWhy)));
        reads.MapGet("/breakdown", ([AsParameters] StubBreakdownQuery query) => Answer(StubBreakdowns.List(query)));
        reads.MapGet("/breakdown.csv", (string by, string metrics) => Results.Text($"topic_type,topic_id,stat_date,{by},{metrics}\r\n", "text/csv"));
        reads.MapGet("/retention", (HttpContext context, string page, string column, string returning, string days, DateOnly from, DateOnly to, string[]? topic) =>
            node.Questions.AnswerAsync(context, () => node.Questions.Retention(page, column, returning, days, from, to, topic)));
        reads.MapGet("/retention.csv", (string column, string days) => Results.Text($"day,{column},{days}\r\n", "text/csv"));
        reads.MapGet("/funnel", (HttpContext context, string page, string columns, DateOnly from, DateOnly to, string[]? topic) =>
            node.Questions.AnswerAsync(context, () => node.Questions.Funnel(page, columns, from, to, topic)));
        reads.MapGet("/funnel.csv", (string columns) => Results.Text($"column,people\r\n{columns}\r\n", "text/csv"));
        reads.MapGet("/counters", (string page, DateOnly from, DateOnly to, string? search, string? sort, string? order, string metrics, int offset, int limit) =>
        {
            IReadOnlyList<(string Type, int Id)> found = Find(page, from, to, search, sort, order);
            return Answer(new
            {
                page,
                from,
                to,
                sort,
                order,
                offset,
                limit,
                total = found.Count,
                complete = from == to || node.Why is null,
                why = from == to ? null : node.Why,
                items = found.Skip(offset).Take(limit).Select(topic =>
                    new
                    {
                        type = topic.Type,
                        id = topic.Id,
                        days = to.DayNumber - from.DayNumber + 1,
                        why = node.RowWhy,
                        values = Values(page, metrics, from == to || node.Why is null, metric => StubTopics.Sum(metric, topic.Id, from, to))
                    }),
            });
        });
        reads.MapGet("/counters.csv", (HttpContext context, string page, DateOnly from, DateOnly to, string? search, string? sort, string? order, string metrics) =>
        {
            var text = new StringBuilder($"topic_type,topic_id,{metrics}\r\n");
            foreach ((string type, int id) in Find(page, from, to, search, sort, order))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"{type},{id},{string.Join(',', Values(page, metrics, from == to, metric => StubTopics.Sum(metric, id, from, to)).Values)}\r\n");
            }

            context.Response.Headers.ContentDisposition = "attachment; filename=\"counters.csv\"";
            return Results.Text(text.ToString(), "text/csv");
        });
        reads.MapGet("/dead-letters", () => Answer(new
        {
            total = node.DeadLetters.All.Count,
            at = Now,
            complete = true,
            groups = node.DeadLetters.All.GroupBy(letter => (letter.Stream, letter.Reason))
                .Select(group => new
                {
                    stream = group.Key.Stream,
                    reason = group.Key.Reason,
                    count = group.Count(),
                    oldest = Now - 9_000_000,
                    newest = Now - 60_000,
                    example = "No row of orders has id 7.",
                    exampleId = group.First().Id
                }),
        }));
        reads.MapGet("/dead-letters/messages", (string stream, string reason, int offset, int limit) =>
        {
            var found = node.DeadLetters.All.Where(letter => (letter.Stream, letter.Reason).Equals((stream, reason))).ToList();
            return Answer(new
            {
                total = found.Count,
                at = Now,
                offset,
                limit,
                items = found.Skip(offset).Take(limit)
                .Select(letter =>
                new { id = letter.Id, stream, reason, error = "No row of orders has id 7.", received = Now, bytes = 42, contentType = "application/json" })
            });
        });
        RouteGroupBuilder changes = app.MapGroup("/api/v1").WithAccess(AccessPolicy.Operator);
        changes.MapGet("/dead-letters/messages/{id}", (string id) =>
            Answer(new
            {
                id,
                stream = "act.buy",
                reason = "row-missing",
                error = "No row of orders has id 7.",
                received = Now,
                bytes = 42,
                contentType = "application/json",
                queue = "act.buy",
                messageId = (string?)null,
                timestamp = (long?)null,
                properties = new { },
                headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-dataload-received"] = "1" },
                body = "{\"orderId\":7,\"note\":\"<b>bold</b>\"}",
                bodyBase64 = ""
            }));
        changes.MapPost("/dead-letters/requeue", async (HttpContext context) =>
        {
            JsonElement body = await ReadAsync(node, context);
            int moved = node.DeadLetters.Remove(Text(body, "stream"), Text(body, "reason"), Ids(body));
            return Answer(new { moved, left = node.DeadLetters.All.Count, skipped = 0 });
        });
        changes.MapPost("/dead-letters/purge", async (HttpContext context) =>
        {
            JsonElement body = await ReadAsync(node, context);
            if (node.Refusal is { } refusal)
            {
                return Results.Problem(refusal, statusCode: StatusCodes.Status409Conflict);
            }

            return Answer(new { moved = node.DeadLetters.Remove(Text(body, "stream"), Text(body, "reason"), Ids(body)), left = node.DeadLetters.All.Count, skipped = 0 });
        });
        changes.MapPost("/dead-letters/messages/{id}/edit", async (HttpContext context, string id) =>
        {
            await ReadAsync(node, context);
            return node.Refusal is { } refusal ? Results.Problem(refusal, statusCode: StatusCodes.Status400BadRequest)
                : Answer(new { moved = node.DeadLetters.Remove(stream: null, reason: null, [id]), left = node.DeadLetters.All.Count, skipped = 0 });
        });
        changes.MapPost("/streams/{stream}/{action}", async (HttpContext context, string stream) =>
        {
            await ReadAsync(node, context);
            return Answer(Stream(Catalog.Default.FindStream(stream)!, paused: true));
        });
    }

    /// <summary>What a live snapshot holds; with something wrong nobody knows how many messages wait.</summary>
    public static object Live(double events, long now = Now, long visits = -1, string? wrong = null) => new
    {
        now,
        ready = wrong is null,
        state = wrong is null ? "ready" : "not-ready",
        reasons = wrong is null ? [] : new[] { wrong },
        cluster = new { state = wrong is null ? "ready" : "degraded", reasons = wrong is null ? [] : new[] { $"Node node-a: {wrong}" } },
        lag = wrong is null ? 12 : (int?)null,
        lagLastKnown = wrong is null ? null : new { value = 3827, at = Now - 60_000 },
        parked = 2,
        deadLetters = 123,
        residentBytes = 50_000_000,
        rates = new { deliveries = events, events, duplicates = events / 20, retries = 0, parked = 0, deadLetters = events / 400 },
        totals = NoTallies,
        nodes = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["node-b"] = new { state = "ready", events, deliveries = events, duplicates = 0, deadLetters = 0, residentBytes = 1_000_000, unacknowledged = 5 },
        },
        streams = Catalog.Default.Streams.ToDictionary(stream => stream.Name, _ =>
            (object)new { state = "running", events = events / 17, deliveries = events / 17, duplicates = 0, deadLetters = 0, lag = 3, unacknowledged = 5 },
            StringComparer.Ordinal),
        today = StubTopics.Today,
        todayTotals = visits < 0 ? new Dictionary<string, object>(StringComparer.Ordinal)
            : new Dictionary<string, object>(StringComparer.Ordinal) { ["act"] = new { visit_cnt = visits } },
    };

    /// <summary>An event as the tail shows it.</summary>
    public static object Counted(int number) => new
    {
        shard = 3,
        sequenceNr = number,
        index = 0,
        journaledAt = Now,
        stream = "act.visit",
        type = number == 1 ? StubTopics.Markup : "ACTIVITY",
        id = number,
        day = StubTopics.Today,
        time = Now + number,
        identity = "key",
        channelType = "h5",
        qrCode = (string?)null,
        parentType = "BEAR",
        parentId = 9,
        facts = new Dictionary<string, object>(StringComparer.Ordinal) { ["amount"] = "12.50" },
    };

    public static async Task<JsonElement> ReadAsync(StubNode node, HttpContext context)
    {
        JsonElement body = await context.Request.ReadFromJsonAsync<JsonElement>(context.RequestAborted);
        lock (node.Posts)
        {
            node.Posts.Add((context.Request.Path, body));
        }

        return body;
    }

    private static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string[]? Ids(JsonElement body) =>
        body.TryGetProperty("ids", out JsonElement ids) ? [.. ids.EnumerateArray().Select(id => id.GetString()!)] : null;

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private static object Member(string id, int host, bool isSelf) => new
    {
        id,
        address = $"akka.tcp://dataload@10.0.0.{host.ToString(CultureInfo.InvariantCulture)}:4053",
        http = "",
        status = isSelf ? "Up" : "Leaving",
        isUnreachable = !isSelf,
        isSelf,
        isLeader = isSelf,
        isOldest = isSelf,
        upSince = Now,
        version = "0.2.0",
        partitions = 8,
    };

    private static IResult Answer(object value) => Results.Json(value, Json);

    private static object Status() => new
    {
        node = "node-a",
        version = "0.1.0",
        startedAt = Now - 7_200_000,
        now = Now,
        uptimeSeconds = 7200,
        state = "ready",
        reasons = Array.Empty<string>(),
        ready = true,
        timeZone = TimeZone,
        today = StubTopics.Today,
        broker = new { ok = true },
        store = new { ok = true },
        business = new { ok = true },
        shards = new { owned = 16, total = 16 },
        memory = new { residentBytes = 50_000_000, budgetBytes = 512L * 1024 * 1024, processBytes = 90_000_000, counters = 640, damaged = 0 },
        unflushed = 3,
        uncheckpointed = 100,
        parked = 2,
        lag = 12,
        deadLetters = 123,
        totals = NoTallies,
        rates = NoTallies,
        paused = Array.Empty<string>(),
        failing = new Dictionary<string, string>(StringComparer.Ordinal),
    };

    private static object CatalogDescription(StubNode node) => new
    {
        pages = Catalog.Default.Pages.Select(page => new
        {
            name = page.Name,
            table = page.Table,
            metrics = page.Metrics.Where(metric => node.Backfill.Metric is null || metric != StubTopics.LastOfActivities).Select(metric => new { column = metric.Column, kind = metric.Kind.ToString().ToLowerInvariant() }),
            breakdowns = string.Equals(page.Name, "act", StringComparison.Ordinal) ? new[] { "parent", "channel" } : ["parent"],
        }),
        streams = Catalog.Default.Streams.Select(stream =>
            new { name = stream.Name, page = stream.Page, exchange = stream.Exchange, queue = stream.Queue, enabled = true }),
    };

    private static object Stream(StreamDefinition stream, bool paused) => new
    {
        name = stream.Name,
        page = stream.Page,
        exchange = stream.Exchange,
        queue = stream.Queue,
        enabled = true,
        paused,
        state = paused ? "paused" : "running",
        failing = (string?)null,
        prefetch = 1000,
        lag = 3,
        unacknowledged = 5,
        totals = NoTallies,
        rates = NoTallies,
    };

    private static IEnumerable<Metric> Chosen(string page, string metrics) =>
        Catalog.Default.PageNamed(page).Metrics.Where(metric => metrics.Split(',').Contains(metric.Column, StringComparer.Ordinal));

    private static Dictionary<string, object?> Values(string page, string metrics, bool isKnown, Func<Metric, long> value) =>
        Chosen(page, metrics).ToDictionary(
            metric => metric.Column,
            metric => isKnown ? StubTopics.Write(metric, value(metric)) : StubTopics.WriteSum(metric, value(metric)),
            StringComparer.Ordinal);

    private static Dictionary<string, object?> Totals(Page page, string? why) =>
        Values(page.Name, string.Join(',', page.Metrics.Select(metric => metric.Column)), isKnown: why is null, metric => StubTopics.Total(metric, StubTopics.Today));

    private static object Series(Page page, string metrics, DateOnly from, DateOnly to, string? why) => new
    {
        page = page.Name,
        metrics = metrics.Split(','),
        days = StubTopics.Days(from, to).Select(day => new { day, values = Values(page.Name, metrics, isKnown: why is null, metric => StubTopics.Total(metric, day)) }),
        complete = why is null,
        why,
    };

    /// <summary>Three events: two on the first page, one on the second; of a day that does not add up it says why.</summary>
    private static object Explained(string page, string type, int id, DateOnly day, string column, string? by, string? after)
    {
        Metric metric = Catalog.Default.PageNamed(page).Metrics.Single(item => string.Equals(item.Column, column, StringComparison.Ordinal));
        long value = StubTopics.Value(metric, id, day);
        bool isWhole = day == StubTopics.Today;
        return new
        {
            page,
            type,
            id,
            day,
            column,
            by,
            shard = 3,
            value = StubTopics.Write(metric, value),
            added = StubTopics.Write(metric, value),
            table = StubTopics.Write(metric, value),
            events = 3,
            complete = isWhole,
            why = isWhole ? null : "The journal begins behind SequenceNr 12.",
            items = (after is null ? new[] { 1, 2 } : [3]).Select(number => new
            {
                added = StubTopics.Write(metric, number == 3 ? value - 2 : 1),
                value = StubTopics.Write(metric, number == 3 ? value : number),
                @event = new
                {
                    shard = 3,
                    sequenceNr = 12,
                    index = number,
                    stream = "act.buy",
                    time = Now + number,
                    userId = 500 + number,
                    session = StubTopics.Markup,
                    parentType = number == 1 ? "BEAR" : null,
                    parentId = number == 1 ? 9 : (int?)null,
                    channelType = "h5",
                    qrCode = (string?)null,
                },
            }),
            next = after is null ? "12.2" : null,
        };
    }

    private static object Topic(string type, int id, DateOnly from, DateOnly to, string? why) => new
    {
        type,
        id,
        shard = 5,
        pages = new[]
        {
            new
            {
                page = "act",
                days = StubTopics.Days(from, to).Reverse().Select(day =>
                    new { day, source = "memory", sequenceNr = 9,
                    values = Catalog.Default.PageNamed("act").Metrics.ToDictionary(metric => metric.Column, metric =>
                    StubTopics.Write(metric, StubTopics.Value(metric, id, day)), StringComparer.Ordinal) }),
                total = Catalog.Default.PageNamed("act").Metrics.ToDictionary(
                    metric => metric.Column,
                    metric => why is null ? StubTopics.Write(metric, StubTopics.Sum(metric, id, from, to)) : StubTopics.WriteSum(metric, StubTopics.Sum(metric, id, from, to)),
                    StringComparer.Ordinal),
                complete = why is null,
                why,
            },
        },
    };

    private static IReadOnlyList<(string Type, int Id)> Find(string page, DateOnly from, DateOnly to, string? search, string? sort, string? order)
    {
        IEnumerable<(string Type, int Id)> found = StubTopics.All.Where(topic => string.IsNullOrEmpty(search)
            || string.Create(CultureInfo.InvariantCulture, $"{topic.Type}/{topic.Id}").Contains(search, StringComparison.OrdinalIgnoreCase));
        bool isAscending = string.Equals(order, "asc", StringComparison.Ordinal);
        if (string.Equals(sort, "topic", StringComparison.Ordinal))
        {
            found = found.OrderBy(topic => topic.Type, StringComparer.Ordinal).ThenBy(topic => topic.Id);
            return [.. isAscending ? found : found.Reverse()];
        }

        Metric metric = Catalog.Default.PageNamed(page).Metrics.Single(item => string.Equals(item.Column, sort, StringComparison.Ordinal));
        var valued = found.Select(topic => (topic, value: StubTopics.Sum(metric, topic.Id, from, to)));
        return [.. (isAscending ? valued.OrderBy(item => item.value) : valued.OrderByDescending(item => item.value)).ThenBy(item => item.topic.Id)
            .Select(item => item.topic)];
    }
}
