using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DataLoad.Engine.Counting;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Questions;
using DataLoad.Host.Hocon.Schema;
using DataLoad.Host.Questions;
using DataLoad.Host.Watching;
using Microsoft.Extensions.Primitives;

namespace DataLoad.Host.Api;

/// <summary>Reads a request's query, each parameter in its range.</summary>
internal readonly struct ApiQuery(IQueryCollection query)
{
    public const int MaxLimit = 500;
    public const int MaxOffset = 1_000_000;
    private const int DefaultLimit = 50;

    public int Offset => Int("offset", 0, MaxOffset) ?? 0;

    public int Limit => Int("limit", 1, MaxLimit) ?? DefaultLimit;

    /// <summary>Whether a parameter is there, empty or not.</summary>
    public bool Has(string name) => query.ContainsKey(name);

    /// <summary>A text, or null where it is missing or empty.</summary>
    public string? Text(string name, int maxLength = 1000)
    {
        string? text = query[name];
        return string.IsNullOrEmpty(text) ? null
            : text.Length <= maxLength ? text
            : throw ApiProblem.Bad($"{name} has {text.Length} characters: expected at most {maxLength}.");
    }

    /// <summary>The text that topics are searched for, as <c>type/id</c> or, as people write a topic, <c>type:id</c>.</summary>
    public string? Search => Text("search", 100) is not { } text ? null
        : TopicArgument.TryParse(text, out TopicArgument? topic) ? $"{topic!.Type}/{topic.Id}" : text;

    public int? Int(string name, int min, int max) => (int?)Long(name, min, max);

    public long? Long(string name, long min, long max) => Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= min && value <= max ? value
        : throw ApiProblem.Bad($"{name} = {text}: expected a whole number from {min} to {max}.");

    public bool Flag(string name) => Text(name) switch
    {
        null or "false" or "0" => false,
        "true" or "1" => true,
        { } text => throw ApiProblem.Bad($"{name} = {text}: expected true or false."),
    };

    /// <summary>What a CSV begins with: a byte-order mark where <c>bom</c> asks for one, without which Excel takes UTF-8 for another encoding.</summary>
    public string CsvStart => Flag("bom") ? "\uFEFF" : "";

    /// <summary>One of some words; the first is what a missing one stands for.</summary>
    public string OneOf(string name, params string[] words) => Text(name) is not { } text ? words[0]
        : words.Contains(text, StringComparer.Ordinal) ? text
        : throw ApiProblem.Bad($"{name} = {text}: expected {string.Join(" or ", words)}.");

    public DateOnly? Day(string name) => Text(name) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", out DateOnly day) ? day
        : throw ApiProblem.Bad($"{name} = {text}: expected a day as 2026-11-24.");

    /// <summary>A day, or <c>today</c>.</summary>
    public DateOnly? Day(string name, TodayTotals today) => Text(name) is "today" ? today.Today : Day(name);

    /// <summary>The first and the last day, today where they are missing.</summary>
    public (DateOnly From, DateOnly To) Days(TodayTotals today)
    {
        DateOnly? to = Day("to", today);
        DateOnly from = Day("from", today) ?? to ?? today.Today;
        DateOnly last = to ?? (from > today.Today ? from : today.Today);
        return from <= last ? (from, last) : throw ApiProblem.Bad($"from = {from:yyyy-MM-dd} is after to = {last:yyyy-MM-dd}: turn them round.");
    }

    public Page Page(Catalog catalog)
    {
        string expected = string.Join(" or ", catalog.Pages.Select(page => page.Name));
        string name = Text("page") ?? throw ApiProblem.Bad($"page is missing: expected {expected}.");
        return catalog.Pages.FirstOrDefault(page => string.Equals(page.Name, name, StringComparison.Ordinal))
            ?? throw ApiProblem.Bad($"page = {name}: expected {expected}.");
    }

    /// <summary>The topic that is named, or null where none is.</summary>
    public TopicKey? Topic()
    {
        string? type = Text("type", TopicKey.MaxTypeCharacters * 2);
        int? id = Int("id", 0, int.MaxValue);
        return type is null && id is null ? null
            : type is not null && id is not null ? new TopicKey(type, id.Value)
            : throw ApiProblem.Bad("A topic is named by type and id together: one of them is missing.");
    }

    /// <summary>The topics that <c>topic</c> names, which may stand several times.</summary>
    public IReadOnlyList<TopicKey> Topics(int most)
    {
        StringValues texts = query["topic"];
        return texts.Count <= most
            ? [.. texts.Select(text => TopicArgument.TryParse(text ?? "", out TopicArgument? topic) ? new TopicKey(topic!.Type, topic.Id)
                : throw ApiProblem.Bad($"topic = {text}: expected {TopicArgument.Form}, as ACTIVITY:7."))]
            : throw ApiProblem.Bad($"{texts.Count} topics are named: expected at most {most} (dataload.questions.max-topics), or none for all.");
    }

    /// <summary>A stream's name, or null where none is given.</summary>
    public StreamDefinition? Stream(Catalog catalog) => Text("stream") is not { } name ? null
        : catalog.FindStream(name) ?? throw ApiProblem.Bad($"stream = {name}: expected one of "
            + $"{string.Join(", ", catalog.Streams.Select(stream => stream.Name))}.");

    /// <summary>The places of the metrics that are asked for; null for all.</summary>
    public int[]? Metrics(Page page) => Text("metrics", 4000) is not { } text ? null
        : [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(column => MetricOf(page, "metrics", column))];

    /// <summary>The place of the metric that a parameter names, by its column or by one of its <see cref="MetricNames"/>.</summary>
    public static int MetricOf(Page page, string parameter, string text) => MetricNames.Find(page, text)
        ?? throw ApiProblem.Bad($"{parameter} = {text}: page {page.Name} has no such metric; {MetricNames.Instead(page.Metrics, text)}");
}

/// <summary>Reads a request's JSON body.</summary>
internal static class ApiBody
{
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        // What a form can send without asking is text or a form, never JSON.
        if (!context.Request.HasJsonContentType())
        {
            throw new ApiProblem(StatusCodes.Status415UnsupportedMediaType, $"content-type = {context.Request.ContentType}: expected application/json.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw ApiProblem.Bad("The body is null: expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw ApiProblem.Bad($"The body is not as expected: {e.Message}");
        }
    }
}

/// <summary>Ends a request with problem details.</summary>
internal sealed class ApiProblem(int status, string detail) : Exception(detail)
{
    public int Status => status;

    /// <summary>Further members, or null.</summary>
    public IDictionary<string, object?>? Extensions { get; init; }

    public static ApiProblem Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static ApiProblem NotFound(string detail) => new(StatusCodes.Status404NotFound, detail);

    /// <summary>There is nothing of a name: the sentence goes on with what there is, and which of it was probably meant.</summary>
    public static ApiProblem NoSuch(string sentence, string name, IEnumerable<string> known)
    {
        string[] there = [.. known];
        string meant = HoconSuggestion.Nearest(name, there) is { } nearest ? $" Did you mean {nearest}?" : "";
        return NotFound($"{sentence}{string.Join(", ", there)}.{meant}");
    }

    public static ApiProblem NotServing() => new(StatusCodes.Status503ServiceUnavailable, "The node runs no Partitions now; try again when it is ready.");
}

/// <summary>Turns what goes wrong in an endpoint into problem details.</summary>
internal static class ApiErrors
{
    public static async ValueTask<object?> CatchAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (
            !context.HttpContext.Response.HasStarted && !context.HttpContext.RequestAborted.IsCancellationRequested && ProblemOf(e) is { } problem)
        {
            return Results.Problem(problem.Message, statusCode: problem.Status, extensions: problem.Extensions);
        }
    }

    /// <summary>What is told to whoever asked; null where it is a fault of ours that nobody foresaw.</summary>
    public static ApiProblem? ProblemOf(Exception e) => e switch
    {
        ApiProblem problem => problem,
        BadHttpRequestException bad => new ApiProblem(bad.StatusCode, bad.Message),
        DeadLetterException => new ApiProblem(StatusCodes.Status503ServiceUnavailable, e.Message),
        DbException or StoreException or TimeoutException =>
            new ApiProblem(StatusCodes.Status503ServiceUnavailable, $"The store does not answer as it should: {e.Message}"),
        PartitionNotServingException or PartsMovedException => new ApiProblem(StatusCodes.Status503ServiceUnavailable, e.Message),
        Akka.Actor.AskTimeoutException => new ApiProblem(StatusCodes.Status503ServiceUnavailable, RowUnions.NoAnswer),
        QuestionRefusedException refused =>
            new ApiProblem(refused.IsBusy ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable, e.Message),
        QuestionTooLargeException => new ApiProblem(StatusCodes.Status422UnprocessableEntity, e.Message),
        OverflowException => new ApiProblem(StatusCodes.Status500InternalServerError, "A sum is larger than its column holds: 'dataload verify' names the Counter."),
        StoredFormatException => new ApiProblem(StatusCodes.Status500InternalServerError, e.Message),
        OperationCanceledException => new ApiProblem(StatusCodes.Status503ServiceUnavailable, "The node let go of its Partitions meanwhile; try again."),
        _ => null,
    };
}
