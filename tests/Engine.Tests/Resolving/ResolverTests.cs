using System.Diagnostics.Metrics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Resolving;

/// <summary>Looking up the rows of a batch: what is asked for, what becomes of each candidate, and how long a failing query is waited for.</summary>
public sealed class ResolverTests : IDisposable
{
    private readonly FakeLookup _lookup = new();
    private readonly ManualTime _time = new();
    private readonly EngineMetrics _metrics = new();
    private readonly Lines _log = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task Each_key_is_asked_for_once_and_every_candidate_finds_its_row()
    {
        StreamDefinition stream = StreamNamed("act.visit");
        int[] keys = [.. Enumerable.Range(0, 1000), .. Enumerable.Range(0, 1000).Reverse()];
        foreach (int key in keys[..1000])
        {
            _lookup.With($"user_record {key} wu_id={key + 5}");
        }

        Candidate[] batch = [.. keys.Select(key => Visit(stream, key))];
        Resolver resolver = ResolverOf(stream);
        await resolver.LookUpAsync(batch, CancellationToken.None);

        _lookup.Asked.ShouldHaveSingleItem().ShouldBe(keys[..1000]);
        int user = stream.Lookups[0].IndexOf("wu_id");
        for (int i = 0; i < batch.Length; i++)
        {
            batch[i].State.ShouldBe(CandidateState.Ready);
            resolver.Rows(0).Number(batch[i].Rows[0], user).ShouldBe(keys[i] + 5);
        }
    }

    [Fact]
    public async Task Nothing_more_is_asked_for_a_candidate_that_lacks_a_row_or_is_rejected()
    {
        StreamDefinition stream = StreamNamed("act.buy");
        _lookup.With("mq_operate_record 1 data={\"orderId\":11}; mq_operate_record 3 data={}; mq_operate_record 4 data={\"orderId\":14}; orders 11; orders 14");
        Candidate[] batch = [.. new[] { 1, 2, 3, 4, 5 }.Select(key => Candidate(stream, "recordId", key))];
        batch[4].Reject(new Rejection(RejectReason.BadTime, "before"));

        await ResolverOf(stream).LookUpAsync(batch, CancellationToken.None);

        _lookup.Asked.ShouldBe([[1, 2, 3, 4], [11, 14]]);
        batch.Select(candidate => candidate.State).ShouldBe(
            [CandidateState.Ready, CandidateState.Missing, CandidateState.Rejected, CandidateState.Ready, CandidateState.Rejected]);
        batch[1].MissingRow.ShouldBe("mq_operate_record 2");
        batch[4].Rejection!.Error.ShouldBe("before");
    }

    [Fact]
    public async Task Where_no_candidate_is_left_no_query_is_run_and_no_row_of_the_batch_before_stands()
    {
        StreamDefinition stream = StreamNamed("act.buy");
        _lookup.With("mq_operate_record 1 data={\"orderId\":11}; orders 11; mq_operate_record 2 data={}");
        Resolver resolver = ResolverOf(stream);
        await resolver.LookUpAsync([Candidate(stream, "recordId", 1)], CancellationToken.None);
        resolver.Rows(1).Count.ShouldBe(1);

        await resolver.LookUpAsync([Candidate(stream, "recordId", 2)], CancellationToken.None);

        _lookup.Asked.ShouldBe([[1], [11], [2]]);
        resolver.Rows(1).Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("bad", "column off_id = bad")]
    [InlineData("null", "column off_id is null")]
    public async Task A_key_that_cannot_be_read_is_named_as_what_it_is(string value, string error)
    {
        StreamDefinition stream = StreamNamed("act.revoke");
        _lookup.With($"mq_operate_record 5 data={{\"revokeId\":7}}; shop_card_revoke 7 off_id={value}");
        Candidate candidate = Candidate(stream, "recordId", 5);

        await ResolverOf(stream).LookUpAsync([candidate], CancellationToken.None);

        candidate.Rejection!.Error.ShouldBe($"Row 7 of shop_card_revoke: {error}");
    }

    [Fact]
    public async Task A_row_that_is_spoilt_as_a_whole_rejects_its_candidate_and_no_other()
    {
        StreamDefinition stream = StreamNamed("act.visit");
        _lookup.With("user_record 3 row=unreadable; user_record 4");
        Candidate[] batch = [Visit(stream, 3), Visit(stream, 4)];

        await ResolverOf(stream).LookUpAsync(batch, CancellationToken.None);

        batch[0].Rejection.ShouldBe(new Rejection(RejectReason.BadRow, "Row 3 of user_record unreadable"));
        batch[1].State.ShouldBe(CandidateState.Ready);
    }

    [Fact]
    public async Task A_query_that_fails_is_named_and_repeated_with_growing_waits_until_it_works()
    {
        StreamDefinition stream = StreamNamed("act.visit");
        _lookup.With("user_record 3").Failures = 3;
        Candidate candidate = Visit(stream, 3);
        Resolver resolver = ResolverOf(stream);

        Task looking = resolver.LookUpAsync([candidate], CancellationToken.None).AsTask();
        for (int failures = 1; failures <= 3; failures++)
        {
            await _time.WaitForTimerAsync(TimeSpan.FromSeconds(1 << (failures - 1)));
            resolver.Failing.ShouldBe("the business database is away");
            _log.Written.Count.ShouldBe(failures);
            _time.Advance(TimeSpan.FromSeconds(1 << (failures - 1)));
        }

        await looking;
        candidate.State.ShouldBe(CandidateState.Ready);
        resolver.Failing.ShouldBeNull();
        _log.Written[1].ShouldBe("Stream act.visit is paused: query user_record failed (try 2), next try in 00:00:02: the business database is away");
    }

    [Fact]
    public async Task A_batch_that_is_given_up_while_its_query_fails_ends_at_once_and_the_next_one_begins_anew()
    {
        StreamDefinition stream = StreamNamed("act.visit");
        _lookup.With("user_record 3").IsAway = true;
        Resolver resolver = ResolverOf(stream);
        using var givenUp = new CancellationTokenSource();
        Task looking = resolver.LookUpAsync([Visit(stream, 3)], givenUp.Token).AsTask();
        await _time.WaitForTimerAsync(TimeSpan.FromSeconds(1));

        await givenUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(looking);
        resolver.Failing.ShouldNotBeNull();

        _lookup.IsAway = false;
        await resolver.LookUpAsync([], CancellationToken.None);
        resolver.Failing.ShouldBeNull();
    }

    [Fact]
    public async Task A_query_that_fails_once_its_batch_is_given_up_is_not_repeated()
    {
        StreamDefinition stream = StreamNamed("act.visit");
        _lookup.With("user_record 3").IsAway = true;
        using var givenUp = new CancellationTokenSource();
        await givenUp.CancelAsync();

        await Should.ThrowAsync<IOException>(async () => await ResolverOf(stream).LookUpAsync([Visit(stream, 3)], givenUp.Token));

        _log.Written.ShouldBeEmpty();
    }

    [Fact]
    public async Task Queries_that_work_are_timed_and_those_that_fail_are_counted_by_stream()
    {
        StreamDefinition stream = StreamNamed("act.visit");
        var measured = new List<string>();
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, $"{value}", tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, $"{value}", tags));
        listener.EnableMeasurementEvents(_metrics.LookupSeconds);
        listener.EnableMeasurementEvents(_metrics.LookupFailures);
        listener.Start();
        _lookup.With("user_record 3").Failures = 1;
        _lookup.Gate = new SemaphoreSlim(1);

        Task looking = ResolverOf(stream).LookUpAsync([Visit(stream, 3)], CancellationToken.None).AsTask();
        await _time.WaitForTimerAsync(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        while (_lookup.Queries < 2)
        {
            await Task.Yield();
        }

        _time.Advance(TimeSpan.FromSeconds(3));
        _lookup.Gate.Release();
        await looking;

        measured.ShouldBe(["dataload.lookup.failures 1 stream=act.visit", "dataload.lookup.duration 3 stream=act.visit"]);

        void Note(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            measured.Add($"{instrument.Name} {value} {tags[0].Key}={tags[0].Value}");
    }

    private static StreamDefinition StreamNamed(string name) => Catalog.Default.FindStream(name).ShouldNotBeNull();

    private static Candidate Visit(StreamDefinition stream, int key) => Candidate(stream, "userRecordId", key);

    private static Candidate Candidate(StreamDefinition stream, string field, int key)
    {
        var candidate = new Candidate(stream);
        candidate.Fields.Set(stream.SlotOf(field), key);
        return candidate;
    }

    private Resolver ResolverOf(StreamDefinition stream) => new(
        stream,
        _lookup,
        new ResolverOptions
        {
            Queries = [.. stream.Lookups.Select(DefaultQueries.Of)],
            Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)),
            Metrics = _metrics,
            Time = _time,
        },
        _log);

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
