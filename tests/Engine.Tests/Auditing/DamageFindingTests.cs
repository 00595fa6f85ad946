using DataLoad.Engine.Auditing;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tests.Sharding;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Auditing;

/// <summary>A verification finds each flipped bit of all that is stored, and says where it is and what to do.</summary>
public sealed class DamageFindingTests : IAsyncDisposable
{
    private static readonly CountingPlan Plan = new(Catalog.Default);

    private readonly RegionHarness _harness = new() { Settings = RegionHarness.Brisk with { Shards = 2 } };

    [Fact]
    public async Task A_flipped_bit_of_any_block_is_found_with_shard_SequenceNr_and_remedy()
    {
        await FillAsync();
        foreach ((int shard, SortedList<long, JournalBlock> blocks) in _harness.State.Journals)
        {
            foreach ((long first, JournalBlock block) in blocks.ToArray())
            {
                await ForBitsAsync(block.Bytes.ToArray(), step: 97, bytes => blocks[first] = block with { Bytes = bytes }, message =>
                {
                    message.ShouldContain($"shard {shard}");
                    message.ShouldContain($"SequenceNr {block.FirstSequenceNr} to {block.LastSequenceNr}");
                    message.ShouldContain("Restore the store from a backup");
                    message.ShouldContain("A node starts and counts without this block");
                });
            }
        }
    }

    [Fact]
    public async Task A_flipped_bit_of_any_snapshot_is_found_with_shard_SequenceNr_and_remedy()
    {
        await FillAsync();
        var kinds = new HashSet<SnapshotKind>();
        foreach (((int shard, SnapshotKind kind), SortedList<byte[], Snapshot> rows) in _harness.State.Snapshots.Where(rows => rows.Key.Shard == 0))
        {
            kinds.Add(kind);
            foreach ((byte[] key, Snapshot row) in rows.ToArray())
            {
                await ForBitsAsync(row.Bytes, step: 41, bytes => rows[key] = row with { Bytes = bytes }, message =>
                {
                    message.ShouldContain($"Partition {shard}, {kind} snapshot of SequenceNr {row.SequenceNr}: ");
                    message.ShouldMatch(kind is SnapshotKind.Counter ? "Run 'dataload rebuild' for its topic" : "makes .* anew from the journal");
                });
            }
        }

        kinds.ShouldBe([SnapshotKind.Counter, SnapshotKind.SeenKeys, SnapshotKind.SeenHashes], ignoreOrder: true);
    }

    [Fact]
    public async Task A_damaged_baseline_is_found_with_shard_SequenceNr_and_remedy()
    {
        await FillAsync();
        SortedList<byte[], Snapshot> counters = _harness.State.Snapshots[(0, SnapshotKind.Counter)];
        (byte[] key, Snapshot row) = counters.First();
        var baselines = new SortedList<byte[], Snapshot>(counters.Comparer) { [key] = row };
        _harness.State.Snapshots[(0, SnapshotKind.Baseline)] = baselines;
        await ForBitsAsync(row.Bytes, step: 7, bytes => baselines[key] = row with { Bytes = bytes }, message =>
        {
            message.ShouldContain($"Partition 0, Baseline snapshot of SequenceNr {row.SequenceNr}: ");
            message.ShouldContain("Restore the store from a backup");
        }, expectClean: false);
    }

    [Fact]
    public async Task A_flipped_bit_of_any_parked_delivery_is_found_with_stream_id_and_remedy()
    {
        await FillAsync();
        foreach (int number in Enumerable.Range(1, 450))
        {
            byte[] message = ParkedMessage.Encode(1_700_000_000_000, new BasicProperties { MessageId = $"m{number}", Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["h"] = number } }, "{}"u8);
            var id = new Guid(number, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]);
            await _harness.Store.Parking.ParkAsync([new ParkedDelivery { Id = id, Stream = "act.buy", DueMs = number, Tries = 1, Message = message }], CancellationToken.None);
        }

        foreach (ParkedDelivery parked in _harness.State.Parked.Values.Where((_, place) => place % 149 == 0).ToArray())
        {
            await ForBitsAsync(parked.Message, step: 13, bytes => _harness.State.Parked[parked.Id] = parked with { Message = bytes }, message =>
            {
                message.ShouldStartWith($"Stream act.buy: The parked delivery {parked.Id} is damaged: ");
                message.ShouldContain("Remove its row from dataload_parked");
            });
        }
    }

    [Fact]
    public async Task All_that_is_damaged_is_told_not_only_what_is_met_first()
    {
        await FillAsync();
        SortedList<long, JournalBlock> blocks = _harness.State.Journals[0];
        blocks.Count.ShouldBeGreaterThan(2);
        foreach (long first in blocks.Keys.ToArray())
        {
            blocks[first] = blocks[first] with { Bytes = Flipped(blocks[first].Bytes.ToArray(), 77) };
        }

        VerificationReport report = await VerifyAsync();

        report.DamageCount.ShouldBe(blocks.Count);
        report.Damages.Select(damage => damage.Message).ShouldBeUnique();
        report.Rows.ShouldBeGreaterThan(0, "the other shard is compared all the same");
    }

    [Fact]
    public async Task Snapshots_in_the_place_of_others_and_lost_pages_are_found()
    {
        await FillAsync();
        SortedList<byte[], Snapshot> counters = _harness.State.Snapshots[(0, SnapshotKind.Counter)];
        (byte[] key, Snapshot row) = counters.First();
        counters.Remove(key);
        byte[] moved = Flipped(key, 8 * 8);
        counters[moved] = row with { Key = moved };
        (await MessageAsync()).ShouldContain("no event in the journal is of Counter");
        counters.Remove(moved);
        counters[key] = row with { SequenceNr = row.SequenceNr + 1 };
        (await MessageAsync()).ShouldContain($"is of SequenceNr {row.SequenceNr}.");
        counters[key] = row;

        SortedList<byte[], Snapshot> hashes = _harness.State.Snapshots[(0, SnapshotKind.SeenHashes)];
        byte[] page = hashes.Keys.First(k => k[0] == 2);
        Snapshot kept = hashes[page];
        hashes.Remove(page);
        (await MessageAsync()).ShouldContain("is missing from the store");
        hashes[page] = kept;
        hashes.Remove(hashes.Keys.First(k => k[0] == 1));
        (await MessageAsync()).ShouldStartWith("The directory of segment");
    }

    [Fact]
    public async Task A_filter_reads_the_snapshots_of_its_Counters_alone()
    {
        await FillAsync();
        SortedList<byte[], Snapshot> counters = _harness.State.Snapshots[(0, SnapshotKind.Counter)];
        (byte[] key, Snapshot row) = counters.First();
        counters[key] = row with { Bytes = Flipped(row.Bytes, 9) };
        CounterId id = SnapshotKeys.CounterId(key);

        (await VerifyAsync(new StatisticsFilter(TopicType: id.Topic.Type, TopicId: id.Topic.Id))).DamageCount.ShouldBe(1);
        (await VerifyAsync(new StatisticsFilter(TopicType: "nobody"))).DamageCount.ShouldBe(0);
    }

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    private async Task FillAsync()
    {
        await _harness.StartAsync();
        var events = new RandomEvents(5) { Topics = 1, Days = 1, Users = 50 };
        for (int i = 0; i < 4; i++)
        {
            await _harness.CountAsync(events.Take(12, identified: true));
        }

        await _harness.StopAsync();
        (await VerifyAsync()).IsClean.ShouldBeTrue();
    }

    private async Task ForBitsAsync(byte[] bytes, int step, Action<byte[]> put, Action<string> check, bool expectClean = true)
    {
        for (int bit = 0; bit < bytes.Length * 8; bit += step)
        {
            put(Flipped(bytes, bit));
            check(await MessageAsync());
        }

        put(bytes);
        if (expectClean)
        {
            (await VerifyAsync()).IsClean.ShouldBeTrue();
        }
    }

    private async Task<string> MessageAsync()
    {
        VerificationReport report = await VerifyAsync();
        report.IsClean.ShouldBeFalse();
        return report.Damages.ShouldHaveSingleItem().Message;
    }

    private Task<VerificationReport> VerifyAsync(StatisticsFilter? filter = null) =>
        new Verification(Plan, _harness.Store, new VerificationOptions { Partitions = 2, Filter = filter ?? StatisticsFilter.All }).RunAsync(progress: null, CancellationToken.None);

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
