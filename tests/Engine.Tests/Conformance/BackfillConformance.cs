using Akka.Actor;
using Akka.Configuration;
using DataLoad.Engine.Auditing;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Explaining;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tests.Partitions;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>Metrics and breakdowns that are declared after events have come: real Partitions over the store count by a smaller catalog, and then by a larger one.</summary>
public abstract class BackfillConformance : ConformanceBase
{
    private const int Partitions = 2;
    private const int FirstDay = 739_675;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // What the larger catalog has more: a count and a set, to which two streams add.
    private static readonly string[] More = ["again_cnt", "again_user_cnt"];
    private static readonly Catalog Smaller = Catalog.Default;
    private static readonly Catalog Larger = Enlarge(Smaller);

    private readonly JournalDouble _journal = new();
    private readonly Guid _source = Guid.NewGuid();
    private readonly List<EventSpec> _counted = [];
    private Random _random = new(0);
    private RunningNode? _node;
    private long _batches;
    private int _messages;

    /// <summary>Whether the page's table has a column of that name.</summary>
    protected abstract Task<bool> HasColumnAsync(string table, string column);

    /// <summary>Leaves the store as a program wrote it that kept no metrics.</summary>
    protected abstract Task ForgetMetricsAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Further_metrics_hold_all_events_whenever_their_node_is_killed(int seed)
    {
        _random = new Random(seed);
        await StartAsync(Smaller);
        await CountAsync(40);
        for (int kill = 0; kill < 3; kill++)
        {
            await KillAsync();
            await StartAsync(Larger, settings => settings with { MaxFillEvents = 25 });
            await CountAsync(_random.Next(12));
        }

        await AwaitCompleteAsync();
        await CountAsync(10);
        await ShouldEqualAllAsync(Larger);
    }

    [Fact]
    public async Task Of_a_store_that_knows_no_metrics_those_are_complete_whose_columns_it_has()
    {
        await StartAsync(Smaller);
        await CountAsync(10);
        await KillAsync();
        await ForgetMetricsAsync();
        await StartAsync(Smaller);
        (await Store.Declarations.ListAsync(Token)).ShouldAllBe(known => known.IsComplete);
        await KillAsync();
        await ForgetMetricsAsync();
        await StartAsync(Larger);
        await AwaitCompleteAsync();
        await ShouldEqualAllAsync(Larger);
    }

    [Fact]
    public async Task While_it_is_stopped_a_metric_has_no_column_and_verify_finds_nothing_and_it_is_taken_up_again()
    {
        await StartAsync(Smaller);
        await CountAsync(20);

        // One that never had an owner has no past.
        await UntilAsync(() => Task.FromResult(_node!.Registry.Partitions.Count(status => status.Phase == PartitionPhase.Serving) == Partitions));
        await KillAsync();
        await Store.Declarations.SetStopAsync(1000, Token);
        await Store.Declarations.SetStopAsync(2000, Token);
        (await Store.Declarations.FindStopAsync(Token)).ShouldBe(1000);
        for (int life = 0; life < 2; life++)
        {
            await StartAsync(Larger);
            await CountAsync(10);
            await UntilAsync(() => Task.FromResult(_node!.Registry.Partitions.Count(status => status.Backfill is { IsStopped: true }) == Partitions));
            (await HasColumnAsync("data_load_act_date", More[0])).ShouldBeFalse();
            Catalog shown = Larger.Complete(await Store.Declarations.ListAsync(Token));
            shown.PageNamed("act").Metrics.Length.ShouldBe(Smaller.PageNamed("act").Metrics.Length);
            shown.PageNamed("act").Pending.Select(metric => metric.Column).ShouldBe(More);
            await ShouldEqualAllAsync(shown);
            await KillAsync();
        }

        await StartAsync(Larger);
        await Store.Declarations.SetStopAsync(null, Token);
        await AwaitCompleteAsync();
        (await HasColumnAsync("data_load_act_date", More[0])).ShouldBeTrue();
        (await HasColumnAsync("data_load_act_date_by_parent", More[1])).ShouldBeTrue();
        await ShouldEqualAllAsync(Larger);
    }

    [Fact]
    public async Task What_was_trimmed_before_is_lacking_and_named_with_its_time()
    {
        await StartAsync(Smaller, settings => settings with { JournalRetention = TimeSpan.FromMilliseconds(1), TrimInterval = TimeSpan.FromMilliseconds(100) });
        await CountAsync(10);
        for (int i = 0; i < Partitions; i++)
        {
            int partition = i;
            await _node!.AskAsync<Done>(new CheckpointNow(partition));
            await UntilAsync(async () => (await Store.Partitions.LoadAsync(partition, Token)).Baseline
                >= _journal.EntriesOf(partition).Where(entry => entry.Entry is Block).Select(entry => entry.SequenceNr).DefaultIfEmpty().Max());
        }

        await KillAsync();
        long trimmedAt = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        int trimmed = _counted.Count;
        await StartAsync(Smaller);
        await CountAsync(10);
        await KillAsync();
        await StartAsync(Larger);
        await AwaitCompleteAsync();
        await ShouldEqualAllAsync(Larger, lacking: trimmed);
        IReadOnlyList<Declaration> further = [.. (await Store.Declarations.ListAsync(Token)).Where(known => More.Contains(known.Column, StringComparer.Ordinal))];
        further.Count.ShouldBe(More.Length);
        further.ShouldAllBe(known => known.LacksBeforeMs >= trimmedAt);
        await ShouldExplainWhatIsLackingAsync([.. _counted.Take(trimmed).Select(spec => spec.CounterId)], trimmedAt);
    }

    [Fact]
    public async Task What_a_start_would_declare_is_told_before_it_and_changes_nothing()
    {
        (await Store.Declarations.PlanAsync(Larger, Token)).ShouldAllBe(planned => planned.IsComplete, "nothing was counted yet");
        await StartAsync(Smaller);
        await CountAsync(5);
        await KillAsync();

        Catalog more = Larger.WithBreakdowns(new Dictionary<string, System.Collections.Immutable.ImmutableArray<Breakdown>>(StringComparer.Ordinal)
        {
            ["act"] = [Breakdown.Parent, Breakdown.Channel],
            ["bear"] = [Breakdown.Parent],
        });
        IReadOnlyList<Declaration> before = await Store.Declarations.ListAsync(Token);
        (await Store.Declarations.PlanAsync(Smaller, Token)).ShouldBeEmpty();
        IReadOnlyList<Declaration> planned = await Store.Declarations.PlanAsync(more, Token);
        planned.Select(known => known.Name).ShouldBe(["data_load_act_date_by_channel", .. More.Select(column => $"data_load_act_date.{column}")]);
        planned.ShouldAllBe(known => !known.IsComplete);
        (await Store.Declarations.ListAsync(Token)).ShouldBe(before);

        await Store.Declarations.AgreeAsync(more, 0, Token);
        (await Store.Declarations.PlanAsync(more, Token)).ShouldBeEmpty();
        (await Should.ThrowAsync<StoreException>(async () => await Store.Declarations.PlanAsync(Smaller, Token))).Message.ShouldContain($"'data_load_act_date.{More[0]}'");
    }

    [Fact]
    public async Task What_cannot_be_given_its_name_is_named_while_counting_goes_on_and_gets_it_from_the_next_that_can()
    {
        await StartAsync(Smaller.WithBreakdowns(new Dictionary<string, System.Collections.Immutable.ImmutableArray<Breakdown>>(StringComparer.Ordinal) { ["act"] = [] }));
        await CountAsync(20);
        await KillAsync();

        // All have computed their past, and the names are not given.
        await StartAsync(Larger, isNamed: false);
        await UntilAsync(async () => (await Store.Declarations.ListAsync(Token)).All(known => known.IsComplete || known.Backfilled == Partitions));
        await UntilAsync(() => Task.FromResult(_node!.Registry.Partitions.Any(status => status is { Failing: null, Backfill.Error: NamelessDeclarations.Why })));
        await CountAsync(10);
        (await HasColumnAsync("data_load_act_date", More[0])).ShouldBeFalse();
        await KillAsync();

        await StartAsync(Larger);
        await AwaitCompleteAsync();
        await ShouldEqualAllAsync(Larger);
        (await HasColumnAsync("data_load_act_date_by_parent", More[0])).ShouldBeTrue();
    }

    [Fact]
    public async Task A_program_that_lacks_a_metric_is_refused()
    {
        await StartAsync(Smaller);
        await KillAsync();
        await StartAsync(Larger);
        await KillAsync();
        (await Should.ThrowAsync<StoreException>(async () => await StartAsync(Smaller))).Message.ShouldContain("data_load_act_date.again_cnt");
    }

    protected override async ValueTask DisposeDatabaseAsync()
    {
        if (_node is { } node)
        {
            await node.System.Terminate();
        }
    }

    private static Catalog Enlarge(Catalog catalog) => new(
        [.. catalog.Pages.Select(page => page.Name is not "act" ? page : page with { Metrics = [.. page.Metrics, Metric.Count(More[0]), Metric.Distinct(More[1])] })],
        [.. catalog.Streams.Select(stream => stream.Name is not ("act.share" or "act.lottery") ? stream : stream with
        {
            Contributions = [.. stream.Contributions, Contribution.One(More[0]), Contribution.User(More[1])],
        })]);

    /// <summary>Starts a node over the store.</summary>
    private async Task StartAsync(Catalog catalog, Func<PartitionSettings, PartitionSettings>? change = null, bool isNamed = true)
    {
        await ReopenAsync();
        await Store.Declarations.AgreeAsync(catalog, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Token);
        await new RowAdoption(Store.Statistics, Store.Snapshots, Store.Partitions, catalog, Store.Name).RunAsync(Partitions, adopt: false, Token);
        var settings = new PartitionSettings
        {
            Partitions = Partitions,
            FlushInterval = TimeSpan.FromMilliseconds(30),
            BreakdownFlushInterval = TimeSpan.FromMilliseconds(60),
            CheckpointInterval = TimeSpan.FromMilliseconds(100),
            BackfillCheckInterval = TimeSpan.FromMilliseconds(20),
        };
        _node = new RunningNode(Store, isNamed ? Store.Declarations : new NamelessDeclarations(Store.Declarations), _journal, catalog, change?.Invoke(settings) ?? settings);
    }

    /// <summary>Ends the node as a crash does: nothing is flushed or answered any more.</summary>
    private async Task KillAsync()
    {
        await _node!.System.Terminate();
        _node = null;
    }

    /// <summary>Sends batches of events one after the other.</summary>
    private async Task CountAsync(int batches)
    {
        for (; batches > 0; batches--)
        {
            var events = Enumerable.Range(0, 1 + _random.Next(5)).Select(_ => Next()).ToList();
            foreach (IGrouping<int, EventSpec> ofPartition in events.GroupBy(spec => spec.Topic.ShardOf(Partitions)))
            {
                var builder = new EventBatchBuilder(ofPartition.Key);
                var @event = new BusinessEvent();
                foreach (EventSpec spec in ofPartition)
                {
                    builder.Add(spec.Fill(@event), spec.CounterId.PageId);
                }

                await _node!.AskAsync<Accepted>(builder.Build(new BatchId(_source, ++_batches)));
                _counted.AddRange(ofPartition);
            }
        }
    }

    private EventSpec Next()
    {
        string[] streams = ["act.share", "act.lottery", "bear.share"];
        StreamDefinition stream = Smaller.FindStream(streams[_random.Next(streams.Length)])!;
        var topic = new TopicKey("activity", _random.Next(6));
        int day = FirstDay + _random.Next(3);
        string[] texts = [.. Enumerable.Repeat("", EventSpec.TextsOf(stream))];
        texts[(int)EventText.ParentTopicType] = _random.Next(2) == 0 ? "" : "BEAR";
        return new EventSpec(stream, topic, ((day - 719_162) * 86_400_000L) + 1000, day, _random.Next(8), texts[(int)EventText.ParentTopicType].Length == 0 ? null : _random.Next(3), texts, [],
            new IdentityHasher().OfMessageId(stream, topic, $"m{++_messages}"));
    }

    /// <summary>Of further metrics the cells alone lack something whose Counters counted before the journal begins.</summary>
    private async Task ShouldExplainWhatIsLackingAsync(HashSet<CounterId> before, long trimmedAt)
    {
        Page act = Larger.PageNamed("act");
        var explanation = new CellExplanation(new CountingPlan(Larger), _node!.Journal, Store.Partitions, Store.Snapshots, Store.Declarations);
        CounterId[] ids = [.. _counted.Select(spec => spec.CounterId).Where(id => id.PageId == act.Id).Distinct()];
        ids.ShouldContain(id => before.Contains(id));
        ids.ShouldContain(id => !before.Contains(id));
        foreach (CounterId id in ids)
        {
            foreach (string column in More.Append("share_cnt"))
            {
                foreach (BreakdownValue? part in new BreakdownValue?[] { null, BreakdownValue.Of(Breakdown.Parent, "", 0) })
                {
                    ExplainedCell<long> cell = await explanation.RunAsync(
                        id.Topic.ShardOf(Partitions), new ExplainedId(act, id, act.IndexOf(column), part), new ExplainedPage(JournalPlace.Start, 1, RowSequenceNr: null),
                        (_, addition) => addition.Added, Token);
                    cell.Lacking.Select(known => known.Column).ShouldBe(More.Contains(column) && before.Contains(id) ? [column] : [], $"{id} {column} {part}");
                    cell.Lacking.ShouldAllBe(known => known.LacksBeforeMs >= trimmedAt);
                }
            }
        }
    }

    private Task AwaitCompleteAsync() => UntilAsync(async () => (await Store.Declarations.ListAsync(Token)).All(known => known.IsComplete));

    /// <summary>All rows of a catalog's tables are what all events add, and verify finds no difference.</summary>
    /// <param name="catalog">What is to be seen.</param>
    /// <param name="lacking">Of how many of the first events the further metrics hold nothing.</param>
    private async Task ShouldEqualAllAsync(Catalog catalog, int lacking = 0)
    {
        for (int i = 0; i < Partitions; i++)
        {
            await _node!.AskAsync<Done>(new FlushNow(i));
        }

        foreach (StatisticsTable table in catalog.Pages.SelectMany(page => page.Tables))
        {
            List<string> found = await Store.Statistics.ReadAsync(table, StatisticsFilter.All, Token)
                .Select(row => $"{row.TopicType}:{row.TopicId} {row.Day} {row.Part}: {Shown(table.Page, row.Values)}").ToListAsync(Token);
            found.ShouldBe(Expected(catalog, table, lacking), ignoreOrder: true, table.Name);
        }

        VerificationReport report = await new Verification(new CountingPlan(catalog), Store, _node!.Journal, new VerificationOptions { Partitions = Partitions }).RunAsync(null, Token);
        report.Differences.ShouldBeEmpty();
        report.Damages.ShouldBeEmpty();
    }

    private IEnumerable<string> Expected(Catalog catalog, StatisticsTable table, int lacking)
    {
        Page page = table.Page;
        var rows = new Dictionary<string, (long[] Sums, HashSet<int>[] Sets)>(StringComparer.Ordinal);
        for (int i = 0; i < _counted.Count; i++)
        {
            EventSpec spec = _counted[i];
            if (spec.CounterId.PageId != page.Id)
            {
                continue;
            }

            BreakdownValue? part = table.Breakdown is { } by ? BreakdownValue.Of(by, spec.Texts[(int)EventText.ParentTopicType], spec.ParentTopicId ?? 0) : null;
            string key = $"{spec.Topic.Type}:{spec.Topic.Id} {spec.Day} {part}";
            if (!rows.TryGetValue(key, out (long[] Sums, HashSet<int>[] Sets) row))
            {
                rows.Add(key, row = (new long[page.Metrics.Length], [.. page.Metrics.Select(_ => new HashSet<int>())]));
            }

            foreach (Contribution contribution in catalog.FindStream(spec.Stream.Name)!.Contributions.Where(one => i >= lacking || !More.Contains(one.Column, StringComparer.Ordinal)))
            {
                int metric = page.IndexOf(contribution.Column);
                if (contribution.Kind == ContributionKind.One)
                {
                    row.Sums[metric]++;
                }
                else if (spec.WuId > 0)
                {
                    row.Sets[metric].Add(spec.WuId);
                }
            }
        }

        return rows.Select(row => $"{row.Key}: {Shown(page, [.. row.Value.Sums.Select((sum, i) => sum + row.Value.Sets[i].Count)])}");
    }

    private static string Shown(Page page, long[] values) =>
        string.Join(' ', page.Metrics.Select((metric, i) => (metric.Column, Value: values[i])).Where(cell => cell.Value != 0).Select(cell => $"{cell.Column}={cell.Value}"));

    /// <summary>A role that may not rename.</summary>
    private sealed class NamelessDeclarations(IDeclarationStore store) : IDeclarationStore
    {
        public const string Why = "must be owner of table";

        public ValueTask<IReadOnlyList<Declaration>> ListAsync(CancellationToken cancellationToken) => store.ListAsync(cancellationToken);
        public ValueTask AgreeAsync(Catalog catalog, long nowMs, CancellationToken cancellationToken) => store.AgreeAsync(catalog, nowMs, cancellationToken);
        public ValueTask<IReadOnlyList<Declaration>> PlanAsync(Catalog catalog, CancellationToken cancellationToken) => store.PlanAsync(catalog, cancellationToken);
        public ValueTask<BackfillMarks> BackfilledAsync(int partition, CancellationToken cancellationToken) => store.BackfilledAsync(partition, cancellationToken);
        public ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken) => throw new StoreException(Why);
        public ValueTask<long?> FindStopAsync(CancellationToken cancellationToken) => store.FindStopAsync(cancellationToken);
        public ValueTask SetStopAsync(long? atMs, CancellationToken cancellationToken) => store.SetStopAsync(atMs, cancellationToken);

        public ValueTask<bool> SaveBackfilledAsync(int partition, long epoch, BackfillMarks marks, CancellationToken cancellationToken) =>
            store.SaveBackfilledAsync(partition, epoch, marks, cancellationToken);
    }

    /// <summary>The Partitions of a node, in an actor system of their own.</summary>
    private sealed class RunningNode
    {
        private readonly IActorRef[] _partitions;

        public RunningNode(IStore store, IDeclarationStore declarations, JournalDouble journal, Catalog catalog, PartitionSettings settings)
        {
            System = ActorSystem.Create("backfilling", ConfigurationFactory.ParseString($"akka.loglevel = OFF\nakka.stdout-loglevel = OFF\n{JournalDoublePlugin.ConfigOf(journal)}"));
            PartitionContext context = PartitionRegistration.ContextOf(
                System,
                new PartitionServices
                {
                    Node = "test",
                    Plan = new CountingPlan(catalog),
                    Settings = settings,
                    Positions = store.Partitions,
                    Trimmer = journal,
                    Snapshots = store.Snapshots,
                    Statistics = store.Statistics,
                    Declarations = declarations,
                    IsConflict = error => error is JournalConflictException,
                    Registry = Registry,
                    Budget = new MemoryBudget(256L << 20),
                    Metrics = new EngineMetrics(),
                    Persisted = new Broadcast<PersistedBlock>(),
                    Time = TimeProvider.System,
                    Logger = NullLogger.Instance,
                    Backoff = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100)),
                },
                journal);
            Journal = context.Journal;
            _partitions = [.. Enumerable.Range(0, Partitions).Select(partition => System.ActorOf(PartitionActor.Props(partition, context)))];
        }

        public ActorSystem System { get; }

        public JournalReader Journal { get; }

        public PartitionRegistry Registry { get; } = new();

        /// <summary>Asks a Partition, again while it does not serve.</summary>
        public async Task<T> AskAsync<T>(IPartitionMessage message)
        {
            while (true)
            {
                object answer = await _partitions[message.Partition].Ask<object>(message, Patience);
                if (answer is T found)
                {
                    return found;
                }

                answer.ShouldBeOfType<NotServing>();
                await Task.Yield();
            }
        }
    }
}
