using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Questions;

/// <content>Counters that a rebuild or a backfill computes anew, whose parts are on other pages then.</content>
public sealed partial class PeopleQuestionsTests
{
    [Fact]
    public async Task Parts_that_move_to_other_pages_between_two_reads_are_all_in_the_answer()
    {
        (CounterId id, EventSpec[] events) = await KeepOfSeveralPagesAsync(31);
        await using var rebuild = new Rebuild(this, id, events);
        PartScope scope = ScopeOf(id, events);
        ILookup<BreakdownValue, EventSpec> ofValue = events.ToLookup(spec => ValueOf(spec, Breakdown.Parent));
        var day = new QuestionScope(Act, [id.Day], [id.Topic]);

        DistinctAnswer all = await rebuild.Interleaved(times: 1).DistinctOfPartsAsync(scope, Distinct, Token);
        all.Counts.ShouldBe([.. Distinct.Select(metric => (long)Members(events, day, metric).Count)]);
        rebuild.Done.ShouldBe(1);

        IReadOnlyDictionary<(TopicKey Topic, BreakdownValue Value), DistinctAnswer> each = await rebuild.Interleaved(times: 2).DistinctByPartAsync(scope, Distinct, Token);
        rebuild.Done.ShouldBe(3);
        each.Count.ShouldBe(ofValue.Count);
        foreach (((_, BreakdownValue value), DistinctAnswer answer) in each)
        {
            answer.Counts.ShouldBe([.. Distinct.Select(metric => (long)Members(ofValue[value], day, metric).Count)], value.Text);
        }
    }

    [Fact]
    public async Task A_question_that_meets_a_rebuild_each_time_is_given_up_and_says_why()
    {
        (CounterId id, EventSpec[] events) = await KeepOfSeveralPagesAsync(32);
        await using var rebuild = new Rebuild(this, id, events);

        (await Should.ThrowAsync<PartsMovedException>(() => rebuild.Interleaved(times: 100).DistinctOfPartsAsync(ScopeOf(id, events), Distinct, Token))).Message
            .ShouldContain("is being computed anew");
        rebuild.Done.ShouldBe(5);
    }

    [Fact]
    public async Task A_Counter_that_is_computed_anew_is_as_it_was_until_all_of_it_is_saved_and_leaves_no_page_behind_it()
    {
        (CounterId id, EventSpec[] events) = await KeepOfSeveralPagesAsync(33);
        await using var rebuild = new Rebuild(this, id, events);
        int partition = id.Topic.ShardOf(Partitions);
        var stored = new StoredCounters(_store.Snapshots, SnapshotKind.Counter);
        string before = await TextAsync();

        await rebuild.RunAsync(maxBytes: 1, throughWhole: false);
        (await TextAsync()).ShouldBe(before);
        await rebuild.RunAsync(maxBytes: 1, throughWhole: true);
        (await TextAsync()).ShouldBe(before, "its parts are the same, on other pages");

        // One that was set aside does not know its pages any more, nor does one that is damaged.
        foreach (byte[] whole in new[] { CounterCodec.EncodeSetAside("no reason"), [3, 1, 4, 1, 5] })
        {
            await SaveAsync(id, whole);
            await rebuild.RunAsync(long.MaxValue, throughWhole: true);
            (await TextAsync()).ShouldBe(before);
        }

        Counter last = (await LoadAsync()).Decode(id, Act, long.MaxValue);
        (await _store.Snapshots.ListAsync(partition, SnapshotKind.CounterParts, SnapshotKeys.Of(id), Token).Select(page => SnapshotKeys.PartsOf(page.Key)).ToListAsync(Token))
            .ShouldBe(last.Breakdowns.SelectMany(breakdown => breakdown.StoredPages.Numbers.Select(number => (id, breakdown.Breakdown, number))), ignoreOrder: true);

        async Task<StoredCounter> LoadAsync() => (await stored.LoadAsync(partition, [id], _ => Act, Token))[id];

        async Task<string> TextAsync()
        {
            Counter counter = (await LoadAsync()).Decode(id, Act, long.MaxValue);
            return string.Join('\n', counter.Breakdowns.SelectMany(breakdown => breakdown.Parts.Select(part =>
                $"{part.ValueOf(breakdown.Breakdown)}: {string.Join(' ', part.Values(Act))}")).Order(StringComparer.Ordinal).Prepend(string.Join(' ', counter.Values())));
        }
    }

    private async Task<(CounterId Id, EventSpec[] Events)> KeepOfSeveralPagesAsync(int seed)
    {
        EventSpec[] events = await KeepAsync(seed, topics: 1, days: 1, count: 40_000);
        Counter largest = _counters.Values.Where(counter => counter.Page == Act).MaxBy(counter => counter.Find(Breakdown.Parent)!.Parts.Count)!;
        largest.Find(Breakdown.Parent)!.StoredPages.Count.ShouldBeGreaterThan(1);
        return (largest.Id, [.. events.Where(spec => spec.CounterId.Equals(largest.Id))]);
    }

    private static PartScope ScopeOf(CounterId id, EventSpec[] events) => new(
        Act, Breakdown.Parent, new Dictionary<TopicKey, IReadOnlyList<int>> { [id.Topic] = [id.Day] }, events.Select(spec => ValueOf(spec, Breakdown.Parent)).ToHashSet());

    /// <summary>Gives a Counter the same state with its parts in another order, as its Partition does, and saves it.</summary>
    private sealed class Rebuild(PeopleQuestionsTests test, CounterId id, EventSpec[] events) : IAsyncDisposable
    {
        private readonly ActorSystem _system = ActorSystem.Create("replacing", ConfigurationFactory.ParseString("akka.loglevel = OFF"));
        private readonly int _partition = id.Topic.ShardOf(Partitions);
        private readonly StoredCounters _stored = new(test._store.Snapshots, SnapshotKind.Counter);
        private EventSpec[] _order = events;

        public int Done { get; private set; }

        /// <summary>Questions between whose reads of two pages it is done, so many times.</summary>
        public PeopleQuestions Interleaved(int times)
        {
            int through = Done + times;
            return new PeopleQuestions(new KeptSets(new OneByOne(test._store.Snapshots, () => Done < through ? RunAsync(long.MaxValue, throughWhole: true) : Task.CompletedTask), Partitions),
                new QuestionSettings());
        }

        public async Task RunAsync(long maxBytes, bool throughWhole)
        {
            Done++;
            _order = [.. _order.Reverse()];
            var counter = new Counter(id, Act);
            var @event = new BusinessEvent();
            foreach (EventSpec spec in _order)
            {
                JournaledPartition.Plan.Apply(spec.Fill(@event), counter, 1);
            }

            IReadOnlyList<PartPages> pages = (await _stored.PagesAsync(_partition, [counter], Token))[id];
            IActorRef actor = _system.ActorOf(CounterActor.Props(id, Act, JournaledPartition.Plan, stored: null, 0));
            actor.Tell(new ReplaceState(counter, pages));
            bool isContinued = false;
            while (true)
            {
                CounterState state = await actor.Ask<CounterState>(new ReadState(1, maxBytes, isContinued), Token);
                SnapshotWrite[] writes =
                [
                    .. state.Parts.Select(page => Write(SnapshotKind.CounterParts, SnapshotKeys.Of(id, page.Breakdown, page.Page), page.Bytes)),
                    .. state.Whole is { } whole ? [Write(SnapshotKind.Counter, SnapshotKeys.Of(id), whole)] : Array.Empty<SnapshotWrite>(),
                    .. state.Obsolete.SelectMany(old => old.Numbers.Select(number => Write(SnapshotKind.CounterParts, SnapshotKeys.Of(id, old.Breakdown, number), null))),
                ];
                if (state.Whole is not null && !throughWhole)
                {
                    return;
                }

                (await test._store.Snapshots.SaveAsync(writes, Token)).ShouldBeEmpty();
                if (state.Whole is not null)
                {
                    return;
                }

                isContinued = true;
            }

            SnapshotWrite Write(SnapshotKind kind, byte[] key, byte[]? bytes) => new(_partition, 1, kind, key, 1, bytes);
        }

        public async ValueTask DisposeAsync() => await _system.Terminate();
    }

    /// <summary>Reads pages of parts one by one, with something in between.</summary>
    private sealed class OneByOne(ISnapshotStore store, Func<Task> between) : ISnapshotStore
    {
        public ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken) => store.SaveAsync(writes, cancellationToken);

        public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken) =>
            store.LoadAsync(partition, kind, keys, cancellationToken);

        public async IAsyncEnumerable<Snapshot> ReadAsync(
            int partition, SnapshotKind kind, IReadOnlyList<byte[]> keys, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            for (int i = 0; i < keys.Count; i++)
            {
                foreach (Snapshot found in await store.LoadAsync(partition, kind, [keys[i]], cancellationToken))
                {
                    yield return found;
                }

                if (i == 0 && kind == SnapshotKind.CounterParts)
                {
                    await between();
                }
            }
        }

        public IAsyncEnumerable<Snapshot> ListAsync(int partition, SnapshotKind kind, byte[] keyPrefix, CancellationToken cancellationToken) =>
            store.ListAsync(partition, kind, keyPrefix, cancellationToken);
    }
}
