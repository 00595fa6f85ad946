using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using DataLoad.Engine.Auditing;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage.Memory;
using Shouldly;

namespace DataLoad.Engine.Tests.Journaling;

/// <summary>
/// One Partition's journal and store as an owner leaves them, with the Counters that a plain fold of its events gives.
/// </summary>
internal sealed class JournaledPartition
{
    public const int Partition = 0;

    // Shared by all tests and ended with their process: what it runs belongs to one reading each.
    private static readonly ActorSystem s_system = ActorSystem.Create("reading", ConfigurationFactory.ParseString("akka.loglevel = OFF"));

    private readonly BusinessEvent _event = new();

    public JournaledPartition()
    {
        Store = new MemoryStore(State, pageRows: 3);
        Reader = new JournalReader(Journal, s_system.Materializer());
    }

    public static CountingPlan Plan { get; } = new(Catalog.Default);

    public MemoryStoreState State { get; } = new();

    public MemoryStore Store { get; }

    public FakeJournal Journal { get; } = new();

    public JournalReader Reader { get; }

    /// <summary>What the events that were persisted give.</summary>
    public Dictionary<CounterId, Counter> Counters { get; } = [];

    public long SequenceNr => Journal.Highest(Partition);

    public long Epoch { get; private set; }

    /// <summary>A new owner announces itself.</summary>
    public async Task OwnAsync(long atMs = BlockSpec.At)
    {
        foreach (Page page in Catalog.Default.Pages)
        {
            foreach (StatisticsTable table in page.Tables)
            {
                await Store.Statistics.EnsureTableAsync(table, default);
            }
        }

        Journal.Append(Partition, new Owned("node", atMs));
        Epoch = SequenceNr;
        (await Store.Partitions.RaiseEpochAsync(Partition, Epoch, default)).ShouldBeTrue();
    }

    /// <summary>Persists a block.</summary>
    public void Persist(IReadOnlyList<EventSpec> events, long atMs = BlockSpec.At)
    {
        long number = SequenceNr + 1;
        Journal.Append(Partition, BlockSpec.Block(events, number, Partition, atMs));
        foreach (EventSpec spec in events)
        {
            if (!Counters.TryGetValue(spec.CounterId, out Counter? counter))
            {
                Counters.Add(spec.CounterId, counter = new Counter(spec.CounterId, Plan.PageByStream[spec.Stream.Id]));
            }

            Plan.Apply(spec.Fill(_event), counter, number);
        }

        foreach (Counter counter in Counters.Values)
        {
            if (events.Any(spec => spec.CounterId.Equals(counter.Id)))
            {
                counter.StandAt(number);
            }
        }
    }

    /// <summary>Persists events in blocks of any size.</summary>
    public void PersistAll(IReadOnlyList<EventSpec> events, Random random)
    {
        for (int i = 0; i < events.Count;)
        {
            int count = Math.Min(random.Next(0, 9), events.Count - i);
            Persist([.. events.Skip(i).Take(count)]);
            i += count;
        }
    }

    /// <summary>Writes the rows of Counters as they are now.</summary>
    public async Task FlushAsync(Func<CounterId, bool>? which = null)
    {
        foreach (Page page in Catalog.Default.Pages)
        {
            Counter[] flushed = [.. Counters.Values.Where(counter => counter.Page == page && which?.Invoke(counter.Id) != false)];
            (await Store.Statistics.FlushAsync(page, [.. flushed.Select(RowOf)], correct: true, default)).ShouldBeEmpty();
            foreach (StatisticsTable table in page.Tables.Where(table => table.Breakdown is not null))
            {
                (await Store.Statistics.FlushAsync(table, [.. flushed.SelectMany(counter => PartRowsOf(counter, table.Breakdown!.Value))], correct: true, default)).ShouldBeEmpty();
            }
        }
    }

    public async Task CheckpointAsync() => (await Store.Partitions.SaveCheckpointAsync(Partition, Epoch, SequenceNr, default)).ShouldBeTrue();

    public StatisticsRow RowOf(Counter counter) =>
        new(counter.Id.Topic.Type, counter.Id.Topic.Id, counter.Id.Day, counter.SequenceNr, counter.Values(), Partition, Epoch);

    public IEnumerable<StatisticsRow> PartRowsOf(Counter counter, Breakdown breakdown) => counter.Find(breakdown)!.Parts.Select(part => new StatisticsRow(
        counter.Id.Topic.Type, counter.Id.Topic.Id, counter.Id.Day, part.SequenceNr, part.Values(counter.Page), Partition, Epoch, part.ValueOf(breakdown)));

    public JournalFold Fold() => new(Plan, Reader, Store.Partitions, Store.Snapshots);

    /// <summary>Trims one run, as the owner does; null where there was nothing to be trimmed.</summary>
    public async Task<BaselinePlan?> TrimAsync(long beforeMs = long.MaxValue, long through = long.MaxValue)
    {
        BaselinePlan? plan = await PlanAsync(beforeMs, through);
        if (plan is not null)
        {
            (await Store.Partitions.SaveBaselineAsync(Partition, Epoch, plan.SequenceNr, plan.States, default)).ShouldBeTrue();
            Delete(plan.SequenceNr);
        }

        return plan;
    }

    /// <summary>What a trim would do, seen by a reader of its own.</summary>
    public Task<BaselinePlan?> PlanAsync(long beforeMs = long.MaxValue, long through = long.MaxValue) =>
        new BaselineFold(Plan, Reader, new MemoryStore(State).Partitions, new MemoryStore(State).Snapshots)
            .PlanAsync(Partition, Epoch, beforeMs, Math.Min(through, SequenceNr), default);

    public void Delete(long through)
    {
        foreach (long number in Journal[Partition].Keys.Where(number => number <= through).ToArray())
        {
            Journal[Partition].Remove(number);
        }
    }

    public Task<VerificationReport> VerifyAsync(VerificationOptions? options = null) =>
        new Verification(Plan, Store, Reader, options ?? new VerificationOptions { Partitions = 1 }).RunAsync(progress: null, default);

    public static void ShouldBeTheSame(IReadOnlyDictionary<CounterId, Counter> folded, IReadOnlyDictionary<CounterId, Counter> expected)
    {
        folded.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (Counter counter in folded.Values)
        {
            CounterCodec.Encode(counter).ShouldBe(CounterCodec.Encode(expected[counter.Id]), counter.Id.ToString());
        }
    }
}
