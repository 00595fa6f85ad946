using DataLoad.Engine.Contract;
using DataLoad.Engine.Metrics;
using DataLoad.Host.Api;
using DataLoad.Host.Watching;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Watching;

/// <summary>The rates of the last minutes, of a node and of all together.</summary>
public sealed class RateHistoryTests
{
    [Fact]
    public void The_last_points_are_kept_in_order_and_no_more()
    {
        var time = new TickedTime();
        using var metrics = new EngineMetrics();
        using var tallies = new EngineTallies(metrics, Catalog.Default, time, TimeSpan.FromSeconds(1));
        using var history = new RateHistory(tallies, time, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));
        history.Points.ShouldBeEmpty();
        time.Tick(5);

        history.Interval.ShouldBe(TimeSpan.FromSeconds(1));
        history.Points.Select(point => point.At).ShouldBe([3000, 4000, 5000]);
    }

    [Fact]
    public void None_are_kept_where_that_is_said()
    {
        var time = new TickedTime();
        using var metrics = new EngineMetrics();
        using var tallies = new EngineTallies(metrics, Catalog.Default, time, TimeSpan.FromSeconds(1));
        using var history = new RateHistory(tallies, time, TimeSpan.FromSeconds(1), TimeSpan.Zero);
        time.Tick(5);

        history.Points.ShouldBeEmpty();
    }

    [Fact]
    public void Rates_of_nodes_add_up_by_their_time_though_their_clocks_are_not_in_step()
    {
        var one = new PastRates(1000, [new(1000, 10, 1, 0), new(2000, 20, 1, 0), new(3000, 30, 1, 0)]);
        var other = new PastRates(1000, [new(2600, 5, 0, 0.25), new(3990, 6, 0, 0.25)]);
        var slow = new PastRates(5000, [new(1500, 100, 0, 0)]);

        PastRates.Sum([one, other, slow]).Points.ShouldBe(
        [
            new RatePoint(1000, 110, 1, 0),
            new RatePoint(2000, 125, 1, 0.25),
            new RatePoint(3000, 136, 1, 0.25),
        ]);
    }

    [Fact]
    public void A_node_that_has_gone_silent_adds_nothing_to_what_came_after()
    {
        var one = new PastRates(1000, [new(1000, 10, 0, 0), new(5000, 10, 0, 0)]);
        var silent = new PastRates(1000, [new(1000, 7, 0, 0)]);

        PastRates.Sum([one, silent]).Points.Select(point => point.Events).ShouldBe([17, 10]);
    }

    /// <summary>A clock that goes on by whole seconds, and then calls every timer once.</summary>
    private sealed class TickedTime : TimeProvider
    {
        private readonly List<Action> _timers = [];
        private long _seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(_seconds);

        public override long GetTimestamp() => _seconds * TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add(() => callback(state));
            return new NoTimer();
        }

        public void Tick(int seconds)
        {
            for (int i = 0; i < seconds; i++)
            {
                _seconds++;
                _timers.ForEach(timer => timer());
            }
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
