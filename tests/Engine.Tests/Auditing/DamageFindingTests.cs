using DataLoad.Engine.Auditing;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Tests.Intake.Streaming;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tests.Seen;
using DataLoad.Engine.Tracing;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Auditing;

/// <summary>A verification finds each flipped bit of all that is stored beside the journal, and says where it is and what to do.</summary>
public sealed class DamageFindingTests
{
    private readonly JournaledPartition _partition = new();

    [Fact]
    public async Task Flipped_bit_of_any_snapshot_is_found_with_Partition_SequenceNr_and_remedy()
    {
        await FillAsync();
        var kinds = new HashSet<SnapshotKind>();
        foreach (((_, SnapshotKind kind), SortedList<byte[], Snapshot> rows) in _partition.State.Snapshots)
        {
            kinds.Add(kind);
            foreach ((byte[] key, Snapshot row) in rows.ToArray())
            {
                await ForBitsAsync(row.Bytes, step: 41, bytes => rows[key] = row with { Bytes = bytes }, message =>
                {
                    message.ShouldContain($"Partition 0, {kind} snapshot of SequenceNr {row.SequenceNr}: ");
                    message.ShouldMatch(kind is SnapshotKind.Counter ? "Run 'dataload rebuild' for its topic" : "makes .* anew from the journal");
                });
            }
        }

        kinds.ShouldBe([SnapshotKind.Counter, SnapshotKind.SeenKeys, SnapshotKind.SeenHashes, SnapshotKind.SessionSegments], ignoreOrder: true);
    }

    [Fact]
    public async Task Missing_page_of_the_index_of_sessions_is_found_and_pages_without_a_directory_are_of_no_use_to_anybody()
    {
        await FillAsync();
        SortedList<byte[], Snapshot> rows = Rows(SnapshotKind.SessionSegments);
        (byte[] directory, byte[] page) = (rows.Keys[0], rows.Keys[1]);
        Snapshot kept = rows[page];
        rows.Remove(page);
        (await MessageAsync()).ShouldContain("lacks page 0. A node makes it anew from the journal");

        rows[page] = kept;
        rows.Remove(directory);
        (await VerifyAsync()).IsClean.ShouldBeTrue();
    }

    [Fact]
    public async Task Damaged_baseline_is_found_with_Partition_SequenceNr_and_remedy()
    {
        await FillAsync();
        SortedList<byte[], Snapshot> counters = Rows(SnapshotKind.Counter);
        (byte[] key, Snapshot row) = counters.First();
        var baselines = new SortedList<byte[], Snapshot>(counters.Comparer) { [key] = row };
        _partition.State.Snapshots[(0, SnapshotKind.Baseline)] = baselines;
        await ForBitsAsync(
            row.Bytes,
            step: 7,
            bytes => baselines[key] = row with { Bytes = bytes },
            message =>
            {
                message.ShouldContain($"Partition 0, Baseline snapshot of SequenceNr {row.SequenceNr}: ");
                message.ShouldContain("Restore the store from a backup");
            },
            expectClean: false);
    }

    [Fact]
    public async Task Flipped_bit_of_any_parked_delivery_is_found_with_stream_id_and_remedy()
    {
        await FillAsync();
        byte[] message = new ParkedContent(1_700_000_000_000, IntakeKit.Json, "{}"u8.ToArray()).Encode();
        foreach (int number in Enumerable.Range(1, 450))
        {
            var id = new Guid(number, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]);
            await _partition.Store.Parking.ParkAsync([new ParkedDelivery { Id = id, Stream = "act.buy", DueMs = number, Tries = 1, Message = message }],
                default);
        }

        foreach (ParkedDelivery parked in _partition.State.Parked.Values.Where((_, place) => place % 149 == 0).ToArray())
        {
            await ForBitsAsync(parked.Message, step: 13, bytes => _partition.State.Parked[parked.Id] = parked with { Message = bytes }, found =>
            {
                found.ShouldStartWith($"Stream act.buy: The parked delivery {parked.Id} is damaged: ");
                found.ShouldContain("Remove its row from dataload_parked");
            });
        }
    }

    [Fact]
    public async Task Snapshots_in_the_place_of_others_and_lost_pages_are_found()
    {
        await FillAsync();
        SortedList<byte[], Snapshot> counters = Rows(SnapshotKind.Counter);
        (byte[] key, Snapshot row) = counters.First();
        counters.Remove(key);
        byte[] moved = Flipped(key, 8 * 8);
        counters[moved] = row with { Key = moved };
        (await MessageAsync()).ShouldContain("no event in the journal is of Counter");
        counters.Remove(moved);
        counters[key] = row with { SequenceNr = row.SequenceNr + 1 };
        (await MessageAsync()).ShouldContain($"is of SequenceNr {row.SequenceNr}.");
        counters[key] = row;

        SortedList<byte[], Snapshot> hashes = Rows(SnapshotKind.SeenHashes);
        byte[] page = hashes.Keys.First(k => k[0] == 2);
        Snapshot kept = hashes[page];
        hashes.Remove(page);
        (await MessageAsync()).ShouldContain("is missing from the store");
        hashes[page] = kept;
        hashes.Remove(hashes.Keys.First(k => k[0] == 1));
        (await MessageAsync()).ShouldStartWith("The directory of segment");
    }

    [Fact]
    public async Task Filter_reads_the_snapshots_of_its_Counters_alone()
    {
        await FillAsync();
        SortedList<byte[], Snapshot> counters = Rows(SnapshotKind.Counter);
        (byte[] key, Snapshot row) = counters.First();
        counters[key] = row with { Bytes = Flipped(row.Bytes, 9) };
        CounterId id = SnapshotKeys.CounterId(key);

        (await VerifyAsync(new StatisticsFilter(TopicType: id.Topic.Type, TopicId: id.Topic.Id))).DamageCount.ShouldBe(1);
        (await VerifyAsync(new StatisticsFilter(TopicType: "nobody"))).DamageCount.ShouldBe(0);
    }

    private SortedList<byte[], Snapshot> Rows(SnapshotKind kind) => _partition.State.Snapshots[(0, kind)];

    /// <summary>A journal, its rows, and snapshots of each kind at its end, as an owner leaves them.</summary>
    private async Task FillAsync()
    {
        await _partition.OwnAsync();
        var events = new RandomEvents(5) { Topics = 1, Days = 1, Users = 50 };
        for (int i = 0; i < 4; i++)
        {
            _partition.Persist(events.Take(12, identified: true));
        }

        await _partition.FlushAsync();
        var keys = new IdSet();
        keys.Add(7);
        keys.Add(4711);
        var chunk = new KeyChunk(new KeyChunkId(3, new TopicKey("activity", 1), 0), keys);
        SeenHashes hashes = await SeenHashes.OpenAsync(0, _partition.Store.Snapshots, new SeenHashesOptions(), damaged: null, default);
        foreach (UInt128 id in SeenShard.Ids(40, seed: 5))
        {
            hashes.Add(id, BlockSpec.At);
        }

        var sessions = new List<SnapshotWrite>();
        ulong[] pairs = [.. Enumerable.Range(1, 20).Select(i => SessionPair.Of((uint)(i * 3_000_000), i % 5))];
        SessionSegmentRows.Write(0, _partition.Epoch, new BlockRange(0, _partition.SequenceNr), pairs, sessions);
        SnapshotWrite[] writes =
        [
            .. sessions,
            .. _partition.Counters.Values.Select(counter =>
                Write(SnapshotKind.Counter, SnapshotKeys.Of(counter.Id), counter.SequenceNr, CounterCodec.Encode(counter))),
            Write(SnapshotKind.SeenKeys, chunk.Id.SnapshotKey(), _partition.SequenceNr, chunk.Encode()),
            .. hashes.Seal(_partition.Epoch, _partition.SequenceNr, BlockSpec.At).Writes,
        ];
        (await _partition.Store.Snapshots.SaveAsync(writes, default)).ShouldBeEmpty();
        await _partition.CheckpointAsync();
        VerificationReport report = await VerifyAsync();
        report.IsClean.ShouldBeTrue(string.Join('\n', report.Damages));
    }

    private SnapshotWrite Write(SnapshotKind kind, byte[] key, long sequenceNr, byte[] bytes) =>
        new(0, _partition.Epoch, kind, key, sequenceNr, bytes);

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
        _partition.VerifyAsync(new VerificationOptions { Partitions = 1, Filter = filter ?? StatisticsFilter.All });

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
