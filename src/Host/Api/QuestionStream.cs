using System.Text.Json.Serialization.Metadata;
using DataLoad.Engine.Questions;

namespace DataLoad.Host.Api;

/// <summary>A question that somebody asks by HTTP.</summary>
internal sealed class Asked(ApiServices services, HttpContext context)
{
    public ApiServices Services => services;

    public ApiQuery Query { get; } = new(context.Request.Query);

    public CancellationToken Token => context.RequestAborted;

    /// <summary>How far the answer has come.</summary>
    public AskedProgress Progress { get; } = new();

    /// <summary>Whether whoever asks wants to hear how far it is while they wait.</summary>
    public bool WantsProgress { get; } = context.Request.Headers.Accept.Any(accepted => accepted?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true);
}

/// <summary>Keeps how far the answer to a question has come. Thread-safe.</summary>
internal sealed class AskedProgress : IProgress<QuestionProgress>
{
    private volatile QuestionStep _step = new(0, 0, 0);
    private int _first;

    public QuestionStep Step => _step;

    /// <summary>The days are known; they are read when it is the question's turn and Partitions have saved what they count.</summary>
    public void Begin(int first, int last)
    {
        _first = first;
        _step = new QuestionStep(0, last - first + 1, 0);
    }

    public void Report(QuestionProgress value) => _step = _step with { Done = value.Day - _first, Counters = value.Counters };
}

/// <summary>How far the answer to a question is: so many of its days are read, and so many Counters.</summary>
internal sealed record QuestionStep(int Done, int Of, long Counters);

/// <summary>Why a question has no answer, where how far it is was told before.</summary>
internal sealed record QuestionProblem(int Status, string Detail);

/// <summary>Answers a question by server-sent events: <c>progress</c> as long as it takes, then <c>answer</c>, or <c>problem</c>.</summary>
internal static class QuestionStream
{
    public static async Task<IResult> AnswerAsync<T>(Asked asked, HttpContext context, JsonTypeInfo<T> type, Task<T> answer)
    {
        var stream = new EventStream(context);
        try
        {
            await TellAsync();
        }
        catch (OperationCanceledException) when (asked.Token.IsCancellationRequested)
        {
            // Nobody waits any more: the answer, which hears of it too, is given up.
            await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Results.Empty;
        }

        try
        {
            T found = await answer;
            await BeginAsync();
            await stream.WriteAsync("answer", found, type, asked.Token);
        }
        catch (Exception e) when (context.Response.HasStarted && !asked.Token.IsCancellationRequested && ApiErrors.ProblemOf(e) is { } problem)
        {
            await stream.WriteAsync("problem", new QuestionProblem(problem.Status, problem.Message), ApiJson.Default.QuestionProblem, asked.Token);
        }

        await stream.FlushAsync(asked.Token);
        return Results.Empty;

        async Task TellAsync()
        {
            while (await Task.WhenAny(answer, Task.Delay(asked.Services.Settings.Http.LiveInterval, asked.Services.Time, CancellationToken.None)) != answer)
            {
                await BeginAsync();
                await stream.WriteAsync("progress", asked.Progress.Step, ApiJson.Default.QuestionStep, asked.Token);
                await stream.FlushAsync(asked.Token);
            }
        }

        // Only once there is something to tell: what is refused at once has a status of its own.
        Task BeginAsync() => context.Response.HasStarted ? Task.CompletedTask : stream.StartAsync(asked.Token);
    }
}
