using DataLoad.Engine.Counting;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sharding;

/// <summary>
/// Any event sequence, any duplication, order and batching gives the brute-force answer, through restarts and a store
/// that fails before and after its effects. Each run is its seed's, but for the threads' timing.
/// </summary>
public sealed class RegionPropertyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Any_order_duplication_and_batching_gives_the_brute_force_answer(int seed)
    {
        var random = new Random(seed);
        EventSpec[] events = new RandomEvents(seed) { Topics = 2, Users = 30 }.Take(200);
        EventSpec[] deliveries = Duplicated(events, random);
        await using var harness = new RegionHarness { Settings = SettingsOf(random) };
        await harness.StartAsync();
        var sink = new TagSink();

        await PostAllAsync(harness, sink, [.. deliveries.Select((spec, i) => ((ulong)i, spec))], random);
        await WaitFor.ConditionAsync(() => sink.Count == deliveries.Length, "all deliveries to be done", harness.Running);
        await harness.StopAsync();

        sink.Done.Order().ShouldBe(Enumerable.Range(0, deliveries.Length).Select(i => (ulong)i));
        harness.Rows().ShouldBe(RegionHarness.Expected(events));
        harness.Region.Budget.UsedBytes.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Crashes_and_a_failing_store_neither_lose_nor_repeat_an_event(int seed)
    {
        var random = new Random(seed);
        EventSpec[] events = new RandomEvents(seed) { Topics = 2, Users = 30 }.Take(150, identified: true);
        EventSpec[] deliveries = Duplicated(events, random);
        var violations = new List<string>();
        var left = deliveries.Select((spec, i) => (Tag: (ulong)i, Spec: spec)).ToDictionary(x => x.Tag, x => x.Spec);
        await using var harness = new RegionHarness { Settings = SettingsOf(random) };
        int faultsIn = random.Next(2, 12);
        harness.OnStore = store => SwitchOnFaults(harness, store, new Random(random.Next()), faultsIn, violations);
        for (int crashes = 0; left.Count > 0; crashes++)
        {
            await harness.StartAsync(recovered: crashes % 2 == 0);
            var sink = new TagSink(tag => NoteIfNotJournaled(harness, deliveries[tag], violations));
            (ulong, EventSpec)[] rest = [.. left.Select(x => (x.Key, x.Value))];
            random.Shuffle(rest);
            bool last = crashes == 4;
            Task posting = PostAllAsync(harness, sink, rest, random);
            int until = last ? rest.Length : random.Next(rest.Length);
            await WaitFor.ConditionAsync(() => sink.Count >= until, "deliveries to be done", harness.Running);
            await harness.CrashAsync();
            await posting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (ulong tag in sink.Done)
            {
                left.Remove(tag).ShouldBeTrue($"delivery {tag} was told of twice");
            }

            harness.ShouldHoldNothingUnjournaled();
        }

        harness.OnStore = null;
        await harness.StartAsync();
        await harness.StopAsync();
        string[] expected = RegionHarness.Expected(events);
        harness.Rows().ShouldBe(expected);
        await harness.StartAsync();
        await harness.CountAsync(deliveries);
        await harness.StopAsync();
        harness.Rows().ShouldBe(expected);
        harness.WholeJournal().Count().ShouldBe(events.DistinctBy(spec => (spec.Stream.Id, spec.Topic, spec.Identity)).Count());
        violations.ShouldBeEmpty();
    }

    private static EventSpec[] Duplicated(EventSpec[] events, Random random)
    {
        // Of two events with the same identity and other values the first stands, so the oracle's order must be the posted one.
        EventSpec[] distinct = [.. events.Where(spec => spec.Identity.Exists).DistinctBy(spec => (spec.Stream.Id, spec.Topic, spec.Identity))];
        EventSpec[] deliveries = [.. distinct, .. events.Where(spec => !spec.Identity.Exists), .. distinct.Where(_ => random.Next(2) == 0)];
        random.Shuffle(deliveries);
        return deliveries;
    }

    private static ShardingSettings SettingsOf(Random random) => RegionHarness.Brisk with
    {
        Shards = random.Next(1, 5),
        MailboxCapacity = random.Next(1, 4),
        MaxBlockBytes = random.Next(3) == 0 ? 1 : random.Next(50, 5000),
        MaxFlushRows = random.Next(1, 5),
        MaxSnapshotBytes = random.Next(1, 2000),
        MaxGroupBlocks = random.Next(1, 4),
        CheckpointEvents = random.Next(1, 100),
        CheckpointInterval = TimeSpan.FromMilliseconds(random.Next(1, 1000)),
        MemoryBudgetBytes = random.Next(3) == 0 ? 1 : random.Next(1000, 200_000),
    };

    /// <summary>Two sources hand over their share, in batches of any size.</summary>
    private static Task PostAllAsync(RegionHarness harness, TagSink sink, (ulong Tag, EventSpec Spec)[] deliveries, Random random)
    {
        int[] seeds = [random.Next(), random.Next()];
        return Task.WhenAll(seeds.Select((seed, source) => Task.Run(async () =>
        {
            var own = new Random(seed);
            var router = new ShardRouter(harness.Region);
            var @event = new BusinessEvent();
            var queue = new Queue<(ulong Tag, EventSpec Spec)>(deliveries.Where((_, i) => i % 2 == source));
            while (queue.Count > 0)
            {
                router.Start(sink);
                for (int left = own.Next(1, 20); left > 0 && queue.TryDequeue(out (ulong Tag, EventSpec Spec) next); left--)
                {
                    router.Add(next.Spec.Fill(@event), next.Tag);
                }

                // A region that has ended has a closed mailbox: what it did not take is delivered again.
                await router.PostAsync(default);
            }
        })));
    }

    private static void SwitchOnFaults(RegionHarness harness, MemoryStore store, Random random, int oneIn, List<string> violations)
    {
        // A recovery that fails starts over, so it must have a chance to read a journal of a hundred pages.
        bool Strikes(string operation)
        {
            lock (random)
            {
                return random.Next(operation is "Journal.Read" or "Snapshots.List" or "Snapshots.LoadCheckpoint" ? 200 : oneIn) == 0;
            }
        }

        store.Before = operation => Strikes(operation) ? throw new IOException($"{operation} fails") : ValueTask.CompletedTask;
        store.After = operation =>
        {
            if (operation is "Snapshots.SaveCheckpoint")
            {
                lock (violations)
                {
                    violations.AddRange(Enumerable.Range(0, harness.Settings.Shards).SelectMany(harness.BehindCheckpoint));
                }
            }

            return Strikes(operation) ? throw new IOException($"{operation} worked, but nobody hears of it") : ValueTask.CompletedTask;
        };
    }

    private static void NoteIfNotJournaled(RegionHarness harness, EventSpec spec, List<string> violations)
    {
        int shard = spec.Topic.ShardOf(harness.Settings.Shards);
        if (!harness.JournalOf(shard).Any(entry => entry.Event.Stream.Id == spec.Stream.Id && entry.Event.Topic.Equals(spec.Topic) && entry.Event.Identity == spec.Identity))
        {
            lock (violations)
            {
                violations.Add($"{spec} was done and is not journaled");
            }
        }
    }
}
