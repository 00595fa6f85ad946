using System.Text.Json.Serialization;
using System.Text.Unicode;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Decoding;
using DataLoad.Host.Access;
using DataLoad.Streams.Amqp;

namespace DataLoad.Host.Api;

/// <summary>Dead letters: looking at them, and moving them. Each move is written down.</summary>
internal static class DeadLetterEndpoints
{
    private const int MaxIds = 1000;
    private const int MaxContentType = 255;
    private const int MaxWaiting = 100;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/dead-letters", ApiJson.Default.DeadLetterGroups, context => GroupsAsync(services, context));
        api.MapRead("/dead-letters/messages", ApiJson.Default.DeadLetterList, context => ListAsync(services, context));
        api.MapRead("/dead-letters/messages/{id}", ApiJson.Default.DeadLetterDetails, context => ShowAsync(services, context), AccessPolicy.Operator);
        MapMove("messages/{id}/edit", EditAsync);
        MapMove("requeue", RequeueAsync);
        MapMove("purge", PurgeAsync);

        void MapMove(string path, Func<ApiServices, HttpContext, Task<DeadLetterMoveResult>> move) =>
            api.MapWrite(HttpMethods.Post, $"/dead-letters/{path}", ApiJson.Default.DeadLetterMoveResult, context => move(services, context));
    }

    private static async Task<DeadLetterGroups> GroupsAsync(ApiServices services, HttpContext context)
    {
        DeadLetterListing listing = await ListingAsync(services, context);
        IEnumerable<DeadLetterGroups.Group> groups = listing.Letters
            .GroupBy(letter => (letter.Stream, letter.Reason))
            .Select(group => new DeadLetterGroups.Group(group.Key.Stream, group.Key.Reason, group.LongCount(), group.Min(letter => letter.ReceivedMs),
                group.Max(letter => letter.ReceivedMs), group.First().Error, DeadLetterEntry.Show(group.First().Id)))
            .OrderByDescending(group => group.Count);
        IReadOnlyList<WaitingLetter> waiting = await services.DeadLetters.ListWaitingAsync(MaxWaiting, context.RequestAborted);
        return new DeadLetterGroups(listing.Total, listing.AtMs, listing.IsComplete, [.. groups],
            [.. waiting.OrderBy(letter => letter.DueMs).Select(letter => new DeadLetterGroups.Waiter(letter.Stream, letter.Reason, letter.Error,
                letter.ReceivedMs, letter.Bytes, letter.Tries, letter.DueMs))]);
    }

    private static async Task<DeadLetterList> ListAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        var selection = new DeadLetterSelection(query.Text("stream"), query.Text("reason"));
        await RequireKnownAsync(services, selection, context.RequestAborted);
        DeadLetterListing listing = await ListingAsync(services, context);
        DeadLetterSummary[] meant = [.. listing.Letters.Where(selection.Means)];
        return new DeadLetterList(meant.Length, listing.AtMs, query.Offset, query.Limit,
            [.. meant.Skip(query.Offset).Take(query.Limit).Select(DeadLetterEntry.Of)]);
    }

    private static async Task<DeadLetterDetails> ShowAsync(ApiServices services, HttpContext context)
    {
        UInt128 id = IdOf(context);
        DeadLetterContent letter = await services.DeadLetters.FindAsync(id, context.RequestAborted) ?? throw Missing(id);
        StreamDefinition? stream = services.Catalog.FindStream(letter.Summary.Stream);
        DeadLetterEntry entry = DeadLetterEntry.Of(letter.Summary);
        return new DeadLetterDetails
        {
            Id = entry.Id,
            Stream = entry.Stream,
            Reason = entry.Reason,
            Error = entry.Error,
            Received = entry.Received,
            Bytes = entry.Bytes,
            ContentType = entry.ContentType,
            Queue = stream?.Queue,
            MessageId = letter.Properties.TryGet(AmqpProperty.MessageId, out ReadOnlySpan<byte> messageId) ? AmqpText.Of(messageId) : null,
            Timestamp = letter.Properties.TimestampSeconds,
            Properties = AmqpText.OfProperties(letter.Properties),
            Headers = AmqpText.OfHeaders(letter.Properties),
            Body = Utf8.IsValid(letter.Body) ? Encoding.UTF8.GetString(letter.Body) : null,
            BodyBase64 = Convert.ToBase64String(letter.Body),
        };
    }

    private static async Task<DeadLetterMoveResult> RequeueAsync(ApiServices services, HttpContext context)
    {
        DeadLetterRequest request = await ApiBody.ReadAsync(context, ApiJson.Default.DeadLetterRequest);
        DeadLetterSelection selection = SelectionOf(request);
        await RequireKnownAsync(services, selection, context.RequestAborted);
        DeadLetterMove move = await services.Audit.RunAsync(context, "dead.requeue", TargetOf(request), "", () =>
            services.DeadLetters.RequeueAsync(selection, context.RequestAborted), Describe);
        return new DeadLetterMoveResult(move.Moved, move.Left, move.Skipped, move.Why);
    }

    private static async Task<DeadLetterMoveResult> EditAsync(ApiServices services, HttpContext context)
    {
        UInt128 id = IdOf(context);
        DeadLetterEdit edit = await ApiBody.ReadAsync(context, ApiJson.Default.DeadLetterEdit);
        byte[] body = BodyOf(edit);
        if (edit.ContentType is { } type && Encoding.UTF8.GetByteCount(type) > MaxContentType)
        {
            throw ApiProblem.Bad($"contentType has {Encoding.UTF8.GetByteCount(type)} bytes: expected at most {MaxContentType}.");
        }

        DeadLetterMove move = await services.Audit.RunAsync(context, "dead.edit", DeadLetterEntry.Show(id), $"{body.Length} bytes", () =>
            services.DeadLetters.EditAsync(id, body, edit.ContentType, context.RequestAborted),
            done => done.Moved + done.Skipped > 0 ? Describe(done) : throw Missing(id));
        return new DeadLetterMoveResult(move.Moved, move.Left, move.Skipped, move.Why);
    }

    private static async Task<DeadLetterMoveResult> PurgeAsync(ApiServices services, HttpContext context)
    {
        DeadLetterRequest request = await ApiBody.ReadAsync(context, ApiJson.Default.DeadLetterRequest);
        DeadLetterSelection selection = SelectionOf(request);
        await RequireKnownAsync(services, selection, context.RequestAborted);
        long confirm = request.Confirm ?? throw ApiProblem.Bad("confirm is missing: it is the number of dead letters that are to be removed for good.");
        DeadLetterPurge purge = await services.Audit.RunAsync(context, "dead.purge", TargetOf(request), $"confirm {confirm}", () =>
            services.DeadLetters.PurgeAsync(selection, confirm, context.RequestAborted),
            done => done.IsConfirmed ? $"{done.Count} removed" : throw new ApiProblem(StatusCodes.Status409Conflict,
                $"There are {done.Count} such dead letters and confirm is {confirm}: nothing was removed. Look again, and confirm their number.")
            {
                Extensions = new Dictionary<string, object?>(StringComparer.Ordinal) { ["count"] = done.Count },
            });
        return new DeadLetterMoveResult(purge.Count, purge.Left, Skipped: 0, Why: null);
    }

    private static string Describe(DeadLetterMove move) =>
        $"{move.Moved} moved, {move.Skipped} skipped{(move.Why is null ? "" : $", the first since {move.Why}")}";

    private static Task<DeadLetterListing> ListingAsync(ApiServices services, HttpContext context) =>
        services.DeadLetters.ListAsync(TimeSpan.FromSeconds(new ApiQuery(context.Request.Query).Int("maxAge", 0, 3600) ?? 5), context.RequestAborted);

    /// <summary>Refuses a stream or reason that this version does not have and no dead letter is of.</summary>
    private static async Task RequireKnownAsync(ApiServices services, DeadLetterSelection selection, CancellationToken cancellationToken)
    {
        bool isStream = selection.Stream is null || services.Catalog.FindStream(selection.Stream) is not null;
        bool isReason = selection.Reason is null || RejectReason.All.Contains(selection.Reason, StringComparer.Ordinal);
        if (isStream && isReason)
        {
            return;
        }

        // Only for these names are all letters looked at; where there are more than can be, one may be among the others.
        DeadLetterListing listing = await services.DeadLetters.ListAsync(TimeSpan.Zero, cancellationToken);
        if (!listing.IsComplete || listing.Letters.Any(selection.Means))
        {
            return;
        }

        throw isStream
            ? ApiProblem.NoSuch($"reason = {selection.Reason}: expected one of ", selection.Reason!, RejectReason.All)
            : ApiProblem.NoSuch($"stream = {selection.Stream}: expected one of ", selection.Stream!, services.Catalog.Streams.Select(known => known.Name));
    }

    private static DeadLetterSelection SelectionOf(DeadLetterRequest request) => request switch
    {
        { Ids.Count: > MaxIds and var count } => throw ApiProblem.Bad($"ids has {count} entries: expected at most {MaxIds}."),
        { Limit: < 1 } => throw ApiProblem.Bad($"limit = {request.Limit}: expected 1 or more."),
        _ when request is { Stream: null, Reason: null, Ids: null } != request.All =>
            throw ApiProblem.Bad("Name stream, reason or ids; or say all = true, and none of them, for all dead letters."),
        _ => new DeadLetterSelection(request.Stream, request.Reason, request.Ids?.Select(DeadLetterEntry.IdOf).ToHashSet(), request.Limit ?? int.MaxValue),
    };

    private static string TargetOf(DeadLetterRequest request)
    {
        IEnumerable<string?> parts =
        [
            request.All ? "all" : null,
            request.Stream is null ? null : $"stream {request.Stream}",
            request.Reason is null ? null : $"reason {request.Reason}",
            request.Ids is null ? null : $"ids {string.Join(' ', request.Ids.Take(20))}{(request.Ids.Count > 20 ? " …" : "")}",
            request.Limit is null ? null : $"limit {request.Limit}",
        ];
        return string.Join(", ", parts.OfType<string>());
    }

    private static byte[] BodyOf(DeadLetterEdit edit)
    {
        try
        {
            return (edit.Body, edit.BodyBase64) switch
            {
                ({ } text, null) => Strict.GetBytes(text),
                (null, { } base64) => Convert.FromBase64String(base64),
                _ => throw ApiProblem.Bad("Give the corrected body as body or as bodyBase64, one of them."),
            };
        }
        catch (Exception e) when (e is FormatException or EncoderFallbackException)
        {
            throw ApiProblem.Bad($"The corrected body cannot be read: {e.Message}");
        }
    }

    private static UInt128 IdOf(HttpContext context) => DeadLetterEntry.IdOf(context.Request.RouteValues["id"] as string ?? "");

    private static ApiProblem Missing(UInt128 id) => ApiProblem.NotFound($"There is no dead letter {DeadLetterEntry.Show(id)} any more; list them again.");
}

/// <summary>A page of dead letters.</summary>
internal sealed record DeadLetterList(long Total, long At, int Offset, int Limit, IReadOnlyList<DeadLetterEntry> Items);

/// <summary>A dead letter in a list.</summary>
internal sealed record DeadLetterEntry(string Id, string Stream, string Reason, string Error, long Received, int Bytes, string? ContentType)
{
    public static DeadLetterEntry Of(DeadLetterSummary letter) =>
        new(Show(letter.Id), letter.Stream, letter.Reason, letter.Error, letter.ReceivedMs, letter.Bytes, letter.ContentType);

    public static string Show(UInt128 id) => id.ToString("x32");

    public static UInt128 IdOf(string id) =>
        id.Length == 32 && UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 value)
        ? value
        : throw ApiProblem.Bad($"id = {(id.Length <= 100 ? id : id[..100])}: expected 32 hexadecimal digits, as a list shows them.");
}

/// <summary>Dead letters by stream and reason, and those that could not be published and wait in the store, one by one, of many some.</summary>
internal sealed record DeadLetterGroups(
    long Total, long At, bool Complete, IReadOnlyList<DeadLetterGroups.Group> Groups, IReadOnlyList<DeadLetterGroups.Waiter>? Waiting = null)
{
    internal sealed record Waiter(string Stream, string Reason, string Error, long Received, int Bytes, int Tries, long Due);

    internal sealed record Group(string Stream, string Reason, long Count, long Oldest, long Newest, string Example, string ExampleId);
}

/// <summary>A whole dead letter.</summary>
internal sealed record DeadLetterDetails
{
    public required string Id { get; init; }
    public required string Stream { get; init; }
    public required string Reason { get; init; }
    public required string Error { get; init; }
    public required long Received { get; init; }
    public required int Bytes { get; init; }
    public required string? ContentType { get; init; }
    public required string? Queue { get; init; }
    public required string? MessageId { get; init; }
    public required long? Timestamp { get; init; }
    public required IReadOnlyDictionary<string, string> Properties { get; init; }
    public required IReadOnlyDictionary<string, string> Headers { get; init; }
    public required string? Body { get; init; }
    public required string BodyBase64 { get; init; }
}

/// <summary>Which dead letters are to be moved or removed.</summary>
internal sealed record DeadLetterRequest
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Stream { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Reason { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyList<string>? Ids { get; init; }
    public bool All { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Limit { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public long? Confirm { get; init; }
}

/// <summary>A dead letter's corrected body.</summary>
internal sealed record DeadLetterEdit(string? Body, string? BodyBase64, string? ContentType);

/// <summary>What was moved.</summary>
internal sealed record DeadLetterMoveResult(long Moved, long Left, long Skipped, string? Why);
