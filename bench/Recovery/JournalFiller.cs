using System.Globalization;
using System.Text;
using DataLoad.Demo;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Storage;

namespace DataLoad.Bench.Recovery;

/// <summary>
/// Appends events of <c>act.share</c> to a journal as a drain does, group by group and block by block, without applying
/// them: a journal behind the last checkpoint.
/// </summary>
internal sealed class JournalFiller
{
    private const int GroupEvents = 2_000;

    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;

    private readonly IStore _store;
    private readonly IReadOnlyList<ShardLease> _leases;
    private readonly long[] _next;
    private readonly BlockWriter[] _blocks;
    private readonly BusinessEvent _event = new();
    private readonly ByteWriter _payload = new();

    private JournalFiller(IStore store, IReadOnlyList<ShardLease> leases)
    {
        _store = store;
        _leases = leases;
        _next = new long[leases.Count];
        _blocks = [.. leases.Select(_ => new BlockWriter())];
    }

    /// <summary>Appends events.</summary>
    /// <param name="store">The store.</param>
    /// <param name="leases">A lease for every shard, in order.</param>
    /// <param name="events">How many.</param>
    /// <param name="topics">Of how many topics, the first the busiest unless <paramref name="even"/>.</param>
    /// <param name="even">Whether the topics take turns instead.</param>
    public static async Task FillAsync(IStore store, IReadOnlyList<ShardLease> leases, int events, int topics, bool even = false)
    {
        var filler = new JournalFiller(store, [.. leases.OrderBy(lease => lease.Shard)]);
        for (int shard = 0; shard < leases.Count; shard++)
        {
            filler._next[shard] = await store.Journal.LastSequenceNrAsync(shard, default).ConfigureAwait(false) + 1;
        }

        await filler.FillAsync(events, topics, even).ConfigureAwait(false);
    }

    private async Task FillAsync(int events, int topics, bool even)
    {
        var dice = new Dice(11);
        var topic = new Zipf(topics, 1.0);
        var user = new Zipf(1_000_000, 0.8);
        for (int made = 0; made < events;)
        {
            long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            for (int shard = 0; shard < _blocks.Length; shard++)
            {
                _blocks[shard].Start(shard, _next[shard], now);
            }

            for (int end = Math.Min(events, made + GroupEvents); made < end; made++)
            {
                Add(dice, new TopicKey("ACTIVITY", 1 + (even ? made % topics : topic.Draw(dice))), 1 + user.Draw(dice), now - dice.Between(0, 3_600_000));
            }

            await AppendAsync().ConfigureAwait(false);
        }
    }

    private void Add(Dice dice, TopicKey topic, int user, long timeMs)
    {
        _event.Reset(Share);
        _event.Topic = topic;
        _event.TimeMs = timeMs;
        _event.Day = new DateOnly(1970, 1, 1).DayNumber + (int)((timeMs + (8 * 3_600_000L)) / 86_400_000);
        _event.WuId = user;
        _event.SetText(EventText.SessionStr, Encoding.UTF8.GetBytes(dice.Bits().ToString("x16", CultureInfo.InvariantCulture)));
        _event.SetText(EventText.ChannelType, "WECHAT"u8);
        _event.Identity = new EventId(IdentityKind.Content, 1);
        _payload.Clear();
        EntryWriter.Write(_payload, _event);
        _blocks[topic.ShardOf(_blocks.Length)].Add(Share.Id, topic, timeMs, _event.Day, _payload.Written);
    }

    private async Task AppendAsync()
    {
        var group = new List<JournalBlock>();
        for (int shard = 0; shard < _blocks.Length; shard++)
        {
            BlockWriter block = _blocks[shard];
            if (block.Count == 0)
            {
                continue;
            }

            group.Add(new JournalBlock
            {
                Shard = shard,
                Epoch = _leases[shard].Epoch,
                FirstSequenceNr = block.FirstSequenceNr,
                LastSequenceNr = block.LastSequenceNr,
                JournaledAtMs = block.JournaledAtMs,
                Bytes = block.Finish(),
            });
            _next[shard] = block.LastSequenceNr + 1;
        }

        IReadOnlyList<int> stale = await _store.Journal.AppendAsync(group, default).ConfigureAwait(false);
        if (stale.Count > 0)
        {
            throw new InvalidOperationException($"shard {stale[0]} was taken over");
        }
    }
}
