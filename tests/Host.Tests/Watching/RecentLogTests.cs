using DataLoad.Engine.Contract;
using DataLoad.Host.Hosting;
using DataLoad.Host.Watching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Watching;

/// <summary>The last lines of the log, and those that come.</summary>
public sealed class RecentLogTests
{
    [Fact]
    public void The_last_lines_are_kept_and_no_more()
    {
        var log = new RecentLog(3, TimeProvider.System);
        Write(log, 1, 5);

        LinesOf(log, last: 10).ShouldBe(["3", "4", "5"]);
        LinesOf(log, last: 2).ShouldBe(["4", "5"]);
        LinesOf(log, last: 0).ShouldBeEmpty();
    }

    [Fact]
    public void A_line_has_time_level_category_event_message_and_exception()
    {
        var log = new RecentLog(3, TimeProvider.System);
        DateTimeOffset before = DateTimeOffset.UtcNow;
        log.CreateLogger("DataLoad.Engine").LogWarning(new EventId(17, "name"), new InvalidOperationException("our own"), "Partition {Number} is slow", 7);

        using RecentLog.Watch watch = log.Begin(_ => true, 1, 1);
        LogLine line = watch.Last.ShouldHaveSingleItem();

        line.Time.ShouldBeInRange(before, DateTimeOffset.UtcNow);
        (line.Level, line.Category, line.EventId, line.Message).ShouldBe((LogLevel.Warning, "DataLoad.Engine", 17, "Partition 7 is slow"));
        line.Exception.ShouldBe("System.InvalidOperationException: our own");
    }

    [Fact]
    public void What_is_long_is_cut()
    {
        var log = new RecentLog(3, TimeProvider.System);
        log.CreateLogger("a").LogError(new InvalidOperationException(new string('e', 100_000)), "{Text}", new string('m', 100_000));

        using RecentLog.Watch watch = log.Begin(_ => true, 1, 1);

        (watch.Last[0].Message.Length, watch.Last[0].Exception!.Length).ShouldBe((4097, 8193));
        watch.Last[0].Message.ShouldEndWith("m…");
    }

    [Fact]
    public async Task A_watcher_gets_each_line_once_whenever_it_begins()
    {
        const int Count = 20_000;
        var log = new RecentLog(Count, TimeProvider.System);
        Task writing = Task.Run(() => Write(log, 1, Count));
        while (LinesOf(log, last: Count).Length < 100)
        {
            await Task.Yield();
        }

        using RecentLog.Watch watch = log.Begin(_ => true, Count, Count);
        await writing;

        watch.Last.Count.ShouldBeGreaterThan(0);
        watch.Last.Concat(Read(watch).Select(news => news.Line)).Select(line => line.Message)
            .ShouldBe(Enumerable.Range(1, Count).Select(number => $"{number}"));
    }

    [Fact]
    public void A_watcher_that_falls_behind_is_told_how_many_lines_it_misses_and_where()
    {
        var log = new RecentLog(1, TimeProvider.System);
        using RecentLog.Watch watch = log.Begin(line => line.Level >= LogLevel.Information, 0, 2);
        Write(log, 1, 5);
        log.CreateLogger("a").LogDebug("of no interest");

        Read(watch).Select(news => (news.Line.Message, news.Dropped)).ShouldBe([("1", 0), ("2", 0)]);
        Write(log, 6, 6);
        Read(watch).Select(news => (news.Line.Message, news.Dropped)).ShouldBe([("6", 3)]);
        watch.TakeDropped().ShouldBe(0);

        Write(log, 7, 10);
        Read(watch).Count.ShouldBe(2);
        watch.TakeDropped().ShouldBe(2);
        watch.TakeDropped().ShouldBe(0);
    }

    [Fact]
    public void Who_has_gone_is_shown_nothing()
    {
        var log = new RecentLog(1, TimeProvider.System);
        RecentLog.Watch watch = log.Begin(_ => true, 0, 2);
        watch.Dispose();
        Write(log, 1, 5);

        Read(watch).ShouldBeEmpty();
        watch.TakeDropped().ShouldBe(0);
    }

    [Fact]
    public async Task What_a_flow_logs_that_serves_a_watcher_is_left_out()
    {
        var log = new RecentLog(10, TimeProvider.System);
        await ServeAsync();
        Write(log, 2, 2);

        LinesOf(log, last: 10).ShouldBe(["2"]);

        async Task ServeAsync()
        {
            RecentLog.LeaveOutThisFlow();
            await Task.Yield();
            Write(log, 1, 1);
        }
    }

    [Theory]
    [InlineData(10, new[] { "said", "now too" })]
    [InlineData(0, new string[0])]
    public void It_takes_what_the_levels_in_force_let_through_and_nothing_where_no_line_is_to_be_kept(int kept, string[] lines)
    {
        using ServiceProvider services = new ServiceCollection().AddSingleton(TimeProvider.System)
            .AddLogging(logging => logging.AddNodeLog(LogLevel.Information, kept)).BuildServiceProvider();
        ILogger logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("DataLoad.Engine");

        logger.LogDebug("not said");
        logger.LogInformation("said");
        services.GetRequiredService<LogLevels>().Set("DataLoad", LogLevel.Debug);
        logger.LogDebug("now too");

        LinesOf(services.GetRequiredService<RecentLog>(), last: 10).ShouldBe(lines);
    }

    private static void Write(RecentLog log, int from, int to)
    {
        ILogger logger = log.CreateLogger("a");
        for (int i = from; i <= to; i++)
        {
            logger.LogInformation("{Number}", i);
        }
    }

    private static string[] LinesOf(RecentLog log, int last)
    {
        using RecentLog.Watch watch = log.Begin(_ => true, last, 1);
        return [.. watch.Last.Select(line => line.Message)];
    }

    private static List<LogNews> Read(RecentLog.Watch watch)
    {
        List<LogNews> read = [];
        while (watch.Lines.TryRead(out LogNews news))
        {
            read.Add(news);
        }

        return read;
    }
}
