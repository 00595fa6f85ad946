using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Access;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Api;

/// <summary>The node's log, as the API shows it.</summary>
public sealed class LogEndpointTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_last_lines_come_first_and_then_those_that_are_logged()
    {
        await using TestNode node = await StartAsync();
        ILogger logger = node.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger("DataLoad.Engine.Intake.StreamIntake");
        ILogger other = node.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger("DataLoad.Host");
        logger.LogWarning("too old");
        logger.LogWarning(new EventId(5), new InvalidOperationException("our own"), "Stream {Stream} fails", "act.buy");
        logger.LogInformation("too little");
        other.LogError("of another");

        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync(node, "?level=warning&category=DataLoad.Engine&lines=1");
        JsonElement first = await NextAsync(events, "line");
        logger.LogInformation("too little");
        logger.LogCritical("the next one");
        JsonElement second = await NextAsync(events, "line");

        first.GetProperty("time").GetInt64().ShouldBeInRange(node.Services.NowMs - 60_000, node.Services.NowMs);
        first.GetProperty("level").GetString().ShouldBe("warning");
        first.GetProperty("category").GetString().ShouldBe("DataLoad.Engine.Intake.StreamIntake");
        first.GetProperty("eventId").GetInt32().ShouldBe(5);
        first.GetProperty("message").GetString().ShouldBe("Stream act.buy fails");
        first.GetProperty("exception").GetString()!.ShouldContain("our own");
        second.GetProperty("level").GetString().ShouldBe("critical");
        second.GetProperty("message").GetString().ShouldBe("the next one");
        second.GetProperty("exception").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task What_a_slow_watcher_misses_is_said_in_its_place()
    {
        await using TestNode node = await StartAsync(http => http with { TailLines = 1 });
        ILogger logger = node.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger("a");
        await using IAsyncEnumerator<SseItem<string>> events = await WatchAsync(node, "?lines=0");
        Task<JsonElement> dropped = NextAsync(events, "dropped", passOver: "line");

        // As fast as can be, since one line alone may wait.
        using var limit = new CancellationTokenSource(Patience);
        while (!dropped.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            for (int i = 0; i < 100; i++)
            {
                logger.LogInformation("{Number}", i);
            }

            await Task.Yield();
        }

        (await dropped).GetProperty("count").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task What_serves_a_watcher_shows_it_nothing_of_its_own_log()
    {
        var time = new LoggingTime();
        await using TestNode node = await StartAsync(replace: services => services.AddSingleton<TimeProvider>(time));
        node.Services.LogLevels.Set("Microsoft", LogLevel.Trace);
        ILoggerFactory loggers = node.App.Services.GetRequiredService<ILoggerFactory>();
        time.Logger = loggers.CreateLogger("a");
        using var limit = new CancellationTokenSource(Patience);
        using var reader = new StreamReader(await node.Http.GetStreamAsync("/api/v1/log/tail?lines=0", limit.Token), Encoding.UTF8);
        loggers.CreateLogger("b").LogInformation("a line of another");

        // A beat comes where there was no line for a second.
        int beats = 0;
        int asked = 0;
        while (beats < 2)
        {
            string line = (await reader.ReadLineAsync(limit.Token)).ShouldNotBeNull();
            beats = line is ":" && asked > 0 ? beats + 1 : line.StartsWith("data:", StringComparison.Ordinal) ? 0 : beats;
            asked = time.Asked;
            line.ShouldNotContain("asked for a timer");
        }

        asked.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Where_no_line_is_kept_it_says_so()
    {
        await using TestNode node = await TestNode.StartAsync(settings: settings => settings with { Log = new LogSettings { KeptLines = 0 } });

        using HttpResponseMessage answer = await node.SendAsync("GET", "/api/v1/log/tail");

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("dataload.log.kept-lines");
    }

    [Theory]
    [InlineData("?level=loud", "expected trace or debug")]
    [InlineData("?lines=10001", "expected a whole number from 0 to 10000")]
    public async Task What_cannot_be_meant_is_refused(string query, string sentence)
    {
        await using TestNode node = await TestNode.StartAsync();

        using HttpResponseMessage answer = await node.SendAsync("GET", $"/api/v1/log/tail{query}");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(sentence);
    }

    /// <summary>A node whose log is kept, which the other tests' is not.</summary>
    private static async Task<TestNode> StartAsync(Func<HttpSettings, HttpSettings>? change = null, Action<IServiceCollection>? replace = null)
    {
        TestNode node = await TestNode.StartAsync(change, replace: replace);
        node.App.Services.GetRequiredService<ILoggerFactory>().AddProvider(node.Services.Log);
        return node;
    }

    private static async Task<IAsyncEnumerator<SseItem<string>>> WatchAsync(TestNode node, string query)
    {
        Stream stream = await node.Http.GetStreamAsync($"/api/v1/log/tail{query}");
        return SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
    }

    private static async Task<JsonElement> NextAsync(IAsyncEnumerator<SseItem<string>> events, string name, string? passOver = null)
    {
        do
        {
            (await events.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue();
        }
        while (string.Equals(events.Current.EventType, passOver, StringComparison.Ordinal));
        events.Current.EventType.ShouldBe(name);
        return JsonDocument.Parse(events.Current.Data).RootElement;
    }

    /// <summary>A clock that says in the log that it was asked for a timer, as a server might of what it does.</summary>
    private sealed class LoggingTime : TimeProvider
    {
        private int _asked;

        public ILogger? Logger { get; set; }

        public int Asked => Volatile.Read(ref _asked);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _asked);
            Logger?.LogInformation("asked for a timer");
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
