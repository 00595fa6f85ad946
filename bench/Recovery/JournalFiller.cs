using System.Globalization;
using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using DataLoad.Demo;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;

namespace DataLoad.Bench.Recovery;

/// <summary>
/// Persists events of <c>act.share</c> as a drain does, group by group and block by block, through Akka's journal, without
/// applying them: a journal behind the last checkpoint.
/// </summary>
internal sealed class JournalFiller
{
    private const int GroupEvents = 2_000;

    /// <summary>Among how many events those of a session are, where sessions have several.</summary>
    private const int SessionSpread = 50_000;

    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly IActorRef[] _appenders;
    private readonly BlockEncoder[] _blocks;
    private readonly long[] _last;
    private readonly BusinessEvent _event = new();
    private readonly ByteWriter _payload = new();
    private int _sessionEvents;
    private int _groupEvents;
    private readonly byte _pageId = Catalog.Default.PageNamed(Share.Page).Id;

    private JournalFiller(IActorRef[] appenders)
    {
        _appenders = appenders;
        _blocks = [.. appenders.Select(_ => new BlockEncoder())];
        _last = new long[appenders.Length];
    }

    /// <summary>Persists events.</summary>
    /// <param name="store">The store; no node runs over it.</param>
    /// <param name="partitions">How many Partitions it has.</param>
    /// <param name="events">How many.</param>
    /// <param name="topics">Of how many topics, the first the busiest unless <paramref name="even"/>.</param>
    /// <param name="even">Whether the topics take turns instead.</param>
    /// <param name="sessionEvents">How many events a session has on average, close to each other; with 0 each its own.</param>
    /// <param name="groupEvents">How many events all Partitions together persist at once, each those of its own as a block.</param>
    public static async Task FillAsync(
        IStore store, int partitions, int events, int topics, bool even = false, int sessionEvents = 0, int groupEvents = GroupEvents)
    {
        await store.MigrateAsync(CancellationToken.None);
        JournalConnection journal = store.JournalConnection;
        Config config = ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }")
            .WithFallback(JournalConfig.For(journal.ProviderName, journal.ConnectionString))
            .WithFallback(JournalConfig.Defaults);
        using ActorSystem system = ActorSystem.Create("filler", BootstrapSetup.Create().WithConfig(config));
        var filler = new JournalFiller(
            [.. Enumerable.Range(0, partitions).Select(partition => system.ActorOf(Props.Create(() => new BlockAppender(partition))))])
        {
            _sessionEvents = sessionEvents,
            _groupEvents = groupEvents,
        };
        await filler.FillAsync(events, topics, even);
        await system.Terminate();
    }

    /// <summary>The name of a session, from 0 on.</summary>
    public static string SessionOf(long number) => (number * -7_046_029_254_386_353_131).ToString("x16", CultureInfo.InvariantCulture);

    private async Task FillAsync(int events, int topics, bool even)
    {
        await PersistAsync(_ => BlockAppender.Begin.Instance);
        var dice = new Dice(11);
        var topic = new Zipf(topics, 1.0);
        var user = new Zipf(1_000_000, 0.8);
        for (int made = 0; made < events;)
        {
            long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            for (int partition = 0; partition < _blocks.Length; partition++)
            {
                _blocks[partition].Start(partition, _last[partition] + 1, now);
            }

            for (int end = Math.Min(events, made + _groupEvents); made < end; made++)
            {
                Add(dice, new TopicKey("ACTIVITY", 1 + (even ? made % topics : topic.Draw(dice))), 1 + user.Draw(dice), now - dice.Between(0, 3_600_000), made);
            }

            await PersistAsync(partition => _blocks[partition].Count > 0 ? _blocks[partition].Finish() : null);
        }
    }

    private void Add(Dice dice, TopicKey topic, int user, long timeMs, int made)
    {
        _event.Reset(Share);
        _event.Topic = topic;
        _event.TimeMs = timeMs;
        _event.Day = new DateOnly(1970, 1, 1).DayNumber + (int)((timeMs + (8 * 3_600_000L)) / 86_400_000);
        _event.WuId = user;
        _event.SetText(EventText.SessionStr, Encoding.UTF8.GetBytes(_sessionEvents == 0
            ? dice.Bits().ToString("x16", CultureInfo.InvariantCulture) : SessionOf((made + dice.Between(0, SessionSpread)) / _sessionEvents)));
        _event.SetText(EventText.ChannelType, "WECHAT"u8);
        _event.Identity = new EventId(IdentityKind.Content, 1);
        _payload.Clear();
        EntryWriter.Write(_payload, _event);
        var head = new EventHead { StreamId = Share.Id, PageId = _pageId, Topic = topic, TimeMs = timeMs, Day = _event.Day, Identity = _event.Identity };
        _blocks[topic.ShardOf(_blocks.Length)].Add(head, _payload.Written);
    }

    /// <summary>Sends each Partition's appender what there is for it, and waits until all of it is persisted.</summary>
    private Task PersistAsync(Func<int, object?> entryOf) => Task.WhenAll(Enumerable.Range(0, _appenders.Length).Select(async partition =>
    {
        if (entryOf(partition) is { } entry)
        {
            _last[partition] = await _appenders[partition].Ask<long>(entry, Patience);
        }
    }));
}
