using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>Answers about people over days: each day has fewer of them, of whom fewer return the later it is; none is known of days after today.</summary>
internal sealed class StubQuestions
{
    private readonly ConcurrentQueue<TaskCompletionSource> _held = new();

    /// <summary>How many questions wait for an answer that does not come.</summary>
    public int Held => _held.Count(one => !one.Task.IsCompleted);

    /// <summary>Whether questions wait until whoever asked goes away.</summary>
    public bool Hold { get; set; }

    /// <summary>What is answered instead: a status and its sentence.</summary>
    public (int Status, string Detail)? Problem { get; set; }

    /// <summary>What goes wrong once how far it is has been told.</summary>
    public string? LateProblem { get; set; }

    /// <summary>What the answers lack.</summary>
    public string? Why { get; set; }

    public async Task<IResult> AnswerAsync(HttpContext context, Func<object> answer)
    {
        if (Problem is { } problem)
        {
            return Results.Problem(problem.Detail, statusCode: problem.Status);
        }

        // A node tells how far it is only where it takes some time.
        await BeginAsync(context);
        if (Hold)
        {
            await WriteAsync(context, "progress", new { done = 3, of = 31, counters = 90 });
            var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration gone = context.RequestAborted.Register(held.SetResult);
            _held.Enqueue(held);
            await held.Task;
        }

        await WriteAsync(context, LateProblem is null ? "answer" : "problem", LateProblem is null ? answer() : new { status = 422, detail = LateProblem });
        return Results.Empty;
    }

    private static async Task BeginAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
    }

    private static async Task WriteAsync(HttpContext context, string name, object data)
    {
        await context.Response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data, StubApi.Json)}\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    public object Retention(string page, string column, string returning, string days, DateOnly from, DateOnly to, string[]? topics)
    {
        int[] after = [.. days.Split(',').Select(int.Parse)];
        return new
        {
            page,
            column,
            returning,
            from,
            to,
            topics = topics ?? [],
            after,
            days = StubTopics.Days(from, to).Select((day, place) => new
            {
                day,
                people = People(place),
                returned = after.Select(number => day.AddDays(number) > StubTopics.Today ? (int?)null : People(place) / (number + 1)),
            }),
            complete = Why is null,
            why = Why,
        };
    }

    public object Funnel(string page, string columns, DateOnly from, DateOnly to, string[]? topics) => new
    {
        page,
        from,
        to,
        topics = topics ?? [],
        steps = columns.Split(',').Select((column, place) => new { column, people = 12_000 / (1 << place) }),
        complete = Why is null,
        why = Why,
    };

    public static int People(int place) => 1200 - (place * 7 % 500);
}
