using System.Net;
using System.Net.ServerSentEvents;
using DataLoad.Engine.Questions;
using DataLoad.Host.Api;
using DataLoad.Host.Tests.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Api;

/// <summary>How far a long question is, as whoever asks hears it.</summary>
public sealed class QuestionStreamTests : IAsyncLifetime
{
    private const int FirstDay = 739_675;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<DistinctPeople> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AskedProgress? _progress;
    private TestNode _node = null!;
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.StartAsync(http => http with { LiveInterval = TimeSpan.FromMilliseconds(100) });
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        Func<HttpContext, Task<IResult>> asked = AskAsync;
        _app.MapGet("/question", asked).AddEndpointFilter(ApiErrors.CatchAsync);
        await _app.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        _http.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
    }

    [Fact]
    public async Task Days_and_Counters_that_are_read_are_told_until_the_answer_comes()
    {
        await using IAsyncEnumerator<SseItem<string>> events = await OpenAsync();
        (await NextAsync(events)).ShouldBe(("progress", """{"done":0,"of":31,"counters":0}"""));

        _progress!.Report(new QuestionProgress(FirstDay + 7, 640));
        (string, string) next;
        while ((next = await NextAsync(events)).Item2.Contains("\"counters\":0", StringComparison.Ordinal))
        {
        }

        next.ShouldBe(("progress", """{"done":7,"of":31,"counters":640}"""));
        _answer.SetResult(new DistinctPeople("act", "visit_user_cnt", new DateOnly(2026, 3, 1), new DateOnly(2026, 3, 31), [], 12, Complete: true, Why: null));
        while ((next = await NextAsync(events)).Item1 is "progress")
        {
        }

        next.ShouldBe(("answer",
            """{"page":"act","column":"visit_user_cnt","from":"2026-03-01","to":"2026-03-31","topics":[],"value":12,"complete":true,"why":null}"""));
        (await events.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task What_goes_wrong_later_is_told_by_its_status_and_sentence()
    {
        await using IAsyncEnumerator<SseItem<string>> events = await OpenAsync();
        await NextAsync(events);
        _answer.SetException(new QuestionTooLargeException("The people of this question take more than 5 bytes."));
        (string, string) next;
        while ((next = await NextAsync(events)).Item1 is "progress")
        {
        }

        next.ShouldBe(("problem", """{"status":422,"detail":"The people of this question take more than 5 bytes."}"""));
        (await events.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_refused_at_once_has_a_status_of_its_own()
    {
        _answer.SetException(ApiProblem.Bad("column = x: there is none."));
        using HttpResponseMessage response = await _http.GetAsync("/question");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await response.Content.ReadAsStringAsync()).ShouldContain("column = x: there is none.");
    }

    [Fact]
    public async Task A_question_ends_when_whoever_asked_has_gone()
    {
        using (var leaving = new CancellationTokenSource())
        {
            using HttpResponseMessage response = await _http.GetAsync("/question", HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            await leaving.CancelAsync();
        }

        await _gone.Task.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _node.DisposeAsync();
    }

    private Task<IResult> AskAsync(HttpContext context)
    {
        var asked = new Asked(_node.Services, context);
        asked.WantsProgress.ShouldBeTrue();
        asked.Progress.Begin(FirstDay, FirstDay + 30);
        _progress = asked.Progress;
        context.RequestAborted.Register(() =>
        {
            _gone.TrySetResult();
            _answer.TrySetCanceled();
        });
        return QuestionStream.AnswerAsync(asked, context, ApiJson.Default.DistinctPeople, _answer.Task);
    }

    private async Task<IAsyncEnumerator<SseItem<string>>> OpenAsync() =>
        SseParser.Create(await _http.GetStreamAsync("/question")).EnumerateAsync().GetAsyncEnumerator();

    private static async Task<(string Name, string Data)> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        (await events.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue();
        return (events.Current.EventType, events.Current.Data);
    }
}
