using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Tests.Sharding;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Scheduling;

public sealed class GroupWriterTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly List<int[]> _groups = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private TaskCompletionSource _gate = Opened();
    private int _failures;
    private IReadOnlyList<int> _stale = [];

    [Fact]
    public async Task What_arrives_while_a_write_runs_is_written_together_in_the_next()
    {
        _gate = new TaskCompletionSource();
        GroupWriter<int> writer = Start(maxItems: 100);
        Task first = writer.WriteAsync([1], default);
        await WaitFor.ConditionAsync(() => Groups == 1, "the first write");
        Task[] others = [.. Enumerable.Range(2, 5).Select(i => writer.WriteAsync([i, i * 10], default))];

        _gate.SetResult();
        await Task.WhenAll([first, .. others]).WaitAsync(TimeSpan.FromSeconds(20));

        _groups.Select(group => string.Join(' ', group)).ShouldBe(["1", "2 20 3 30 4 40 5 50 6 60"]);
    }

    [Fact]
    public async Task A_group_takes_no_further_request_once_it_is_full()
    {
        _gate = new TaskCompletionSource();
        GroupWriter<int> writer = Start(maxItems: 3);
        Task[] requests = [.. Enumerable.Range(1, 6).Select(i => writer.WriteAsync([i, i], default))];

        _gate.SetResult();
        await Task.WhenAll(requests).WaitAsync(TimeSpan.FromSeconds(20));

        _groups.ShouldAllBe(group => group.Length <= 4);
        _groups.SelectMany(group => group).Order().ShouldBe([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
    }

    [Fact]
    public async Task A_write_that_fails_is_repeated_as_it_was_until_it_works()
    {
        _failures = 3;
        GroupWriter<int> writer = Start(maxItems: 100);
        Task request = writer.WriteAsync([7, 8], default);
        await WaitFor.ConditionAsync(() => writer.Failing is not null, "the failure to be told");
        writer.Failing.ShouldBe("the store is away");

        await _time.AdvanceUntilAsync(() => request.IsCompleted, TimeSpan.FromSeconds(1));

        await request;
        writer.Failing.ShouldBeNull();
        _groups.Select(group => string.Join(' ', group)).ShouldBe(["7 8", "7 8", "7 8", "7 8"]);
    }

    [Fact]
    public async Task Every_writer_of_a_group_learns_which_shards_were_stale()
    {
        _stale = [3];
        GroupWriter<int> writer = Start(maxItems: 100);

        (await writer.WriteAsync([1], default).WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe([3]);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(4, 800)]
    [InlineData(5, 1000)]
    [InlineData(int.MaxValue, 1000)]
    public void A_wait_doubles_up_to_its_limit(int failures, int milliseconds) =>
        new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)).After(failures).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Fact]
    public async Task A_signal_set_many_times_wakes_once()
    {
        var signal = new Signal();
        signal.Set();
        signal.Set();

        await signal.WaitAsync(default);
        Task again = signal.WaitAsync(default).AsTask();
        again.IsCompleted.ShouldBeFalse();
        signal.Set();
        await again.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private int Groups
    {
        get
        {
            lock (_groups)
            {
                return _groups.Count;
            }
        }
    }

    private GroupWriter<int> Start(int maxItems)
    {
        var writer = new GroupWriter<int>(
            new GroupWriterOptions { Name = "the test", MaxItems = maxItems, Time = _time, Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) },
            async (items, token) =>
            {
                lock (_groups)
                {
                    _groups.Add([.. items]);
                }

                await _gate.Task.WaitAsync(token);
                return _failures-- > 0 ? throw new IOException("the store is away") : _stale;
            },
            NullLogger.Instance);
        _running = writer.RunAsync(_stop.Token);
        return writer;
    }

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }
}
