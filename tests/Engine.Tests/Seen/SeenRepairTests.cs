using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>What is damaged of the seen identities is computed from the journal, or left to whoever has a backup.</summary>
public sealed class SeenRepairTests
{
    private const int Partition = JournaledPartition.Partition;
    private const long BucketMs = 1000;
    private const long FromMs = BlockSpec.At;
    private const long ToMs = FromMs + BucketMs;

    private static readonly SegmentKey Segment = new(FromMs / BucketMs, 3);

    private readonly JournaledPartition _partition = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_chunk_has_all_keys_that_were_journaled_in_it_and_no_others(int seed)
    {
        await _partition.OwnAsync();
        EventSpec[] events = new RandomEvents(seed).Take(600);
        _partition.PersistAll(events, new Random(seed));
        IGrouping<KeyChunkId, EventSpec>[] chunks = [.. events.Where(spec => spec.Identity.Kind == IdentityKind.Key).GroupBy(ChunkOf)];
        chunks.ShouldContain(chunk => chunk.Key.Number == 1, "keys beside the border of a chunk");

        foreach (IGrouping<KeyChunkId, EventSpec> expected in chunks)
        {
            KeyChunk chunk = await Repair().KeysAsync(expected.Key, new StoredFormatException("damaged"), default);

            chunk.Id.ShouldBe(expected.Key);
            int[] keys = [.. expected.Select(spec => KeyChunkId.Low(spec.Identity.Value)).Distinct()];
            chunk.Keys.Count.ShouldBe(keys.Length);
            keys.All(chunk.Keys.Contains).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_chunk_of_which_nothing_was_journaled_is_empty()
    {
        await _partition.OwnAsync();
        StreamDefinition stream = Catalog.Default.Streams.First(stream => stream.BusinessKeyStep >= 0);

        KeyChunk chunk = await Repair().KeysAsync(new KeyChunkId(stream.Id, new TopicKey("activity", 1), 0), new StoredFormatException("damaged"), default);

        chunk.Keys.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Keys_cannot_be_made_anew_from_a_journal_that_was_trimmed_and_the_damage_is_told()
    {
        await _partition.OwnAsync();
        _partition.Persist(new RandomEvents(1).Take(100));
        await TrimThroughAsync(1);
        var damage = new StoredFormatException("these keys are damaged");

        StoredFormatException thrown = await Should.ThrowAsync<StoredFormatException>(() => Repair().KeysAsync(default, damage, default));

        thrown.ShouldBeSameAs(damage);
    }

    [Fact]
    public async Task A_block_that_is_damaged_too_is_told_by_its_place()
    {
        await _partition.OwnAsync();
        _partition.Persist(new RandomEvents(1).Take(100));
        byte[] bytes = ((Block)_partition.Journal[Partition][2]).Bytes.ToArray();
        bytes[^1] ^= 1;
        _partition.Journal[Partition][2] = new Block(bytes);

        (await Should.ThrowAsync<StoredFormatException>(() => Repair().KeysAsync(default, new StoredFormatException("keys"), default))).Message.ShouldContain(
            "2");
        (await Should.ThrowAsync<StoredFormatException>(() => HashesAsync())).ShouldNotBeOfType<SegmentDamageException>();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_segment_has_the_hashes_that_were_journaled_from_its_first_millisecond_to_before_its_end(int seed)
    {
        await _partition.OwnAsync();
        var events = new RandomEvents(seed);
        var expected = new List<(UInt128, long)>();
        foreach (long at in new[] { FromMs - 1, FromMs, FromMs + 500, ToMs - 1, ToMs, ToMs + BucketMs, FromMs + 1 })
        {
            EventSpec[] block = events.Take(60);
            _partition.Persist(block, at);
            if (at is >= FromMs and < ToMs)
            {
                expected.AddRange(block.Where(spec => spec.Identity.IsHash).Select(spec => (spec.Identity.Value, at)));
            }
        }

        RepairedHashes repaired = await HashesAsync();

        expected.Count.ShouldBeGreaterThan(30);
        repaired.Hashes.ShouldBe(expected);
        repaired.Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task All_rows_that_the_store_has_of_the_segment_are_named_and_no_others()
    {
        await _partition.OwnAsync();
        SegmentKey[] others = [Segment with { Number = 2 }, Segment with { Number = 4 }, Segment with { Bucket = Segment.Bucket + 1 }];
        byte[][] rows = [.. Enumerable.Range(PagedRow.DirectoryPage, 9).Where(page => page != 4).Select(Segment.Row)];
        await SaveAsync([.. rows, .. others.SelectMany(other => new[] { other.Row(PagedRow.DirectoryPage), other.Row(0) })]);

        RepairedHashes repaired = await HashesAsync();

        repaired.Rows.Select(Convert.ToHexString).ShouldBe(rows.Select(Convert.ToHexString), ignoreOrder: true);
    }

    [Theory]
    [InlineData(FromMs - BucketMs, true)]
    [InlineData(FromMs - BucketMs + 1, false)]
    [InlineData(null, false)]
    public async Task A_trimmed_journal_gives_a_segment_only_where_it_reaches_back_a_bucket_before_it(long? firstLeftMs, bool reachesBack)
    {
        await _partition.OwnAsync();
        _partition.Persist(new RandomEvents(1).Take(20), FromMs - (5 * BucketMs));
        await TrimThroughAsync(2);
        if (firstLeftMs is { } at)
        {
            _partition.Persist(new RandomEvents(2).Take(20), at);
            _partition.Persist(new RandomEvents(3).Take(60, identified: true), FromMs);
        }

        if (reachesBack)
        {
            (await HashesAsync()).Hashes.ShouldNotBeEmpty();
        }
        else
        {
            (await Should.ThrowAsync<SegmentDamageException>(() => HashesAsync())).Segment.ShouldBe(Segment);
        }
    }

    [Fact]
    public async Task A_repair_only_reads()
    {
        await _partition.OwnAsync();
        _partition.Persist(new RandomEvents(1).Take(20));
        var calls = new HashSet<string>();
        _partition.Store.Before = call =>
        {
            calls.Add(call);
            return ValueTask.CompletedTask;
        };

        await Repair().KeysAsync(default, new StoredFormatException("damaged"), default);
        await HashesAsync();

        calls.ShouldBe(["Partitions.Load", "Snapshots.List"], ignoreOrder: true);
    }

    private static KeyChunkId ChunkOf(EventSpec spec) => KeyChunkId.Of(spec.Stream.Id, spec.Topic, spec.Identity.Value);

    private SeenRepair Repair() => new(Partition, Catalog.Default, _partition.Reader, _partition.Store.Partitions, _partition.Store.Snapshots);

    private Task<RepairedHashes> HashesAsync() => Repair().HashesAsync(SegmentFault.Missing(Partition, Segment, page: 0), (FromMs, ToMs), BucketMs, default);

    private async Task SaveAsync(IEnumerable<byte[]> keys) => (await _partition.Store.Snapshots.SaveAsync(
        [
            .. keys.Select(key => new SnapshotWrite(Partition, _partition.Epoch, SnapshotKind.SeenHashes, key, 1, [1])),
        ],
        default)).ShouldBeEmpty();

    /// <summary>Deletes blocks behind a baseline, as a trim does.</summary>
    private async Task TrimThroughAsync(long sequenceNr)
    {
        (await _partition.Store.Partitions.SaveBaselineAsync(Partition, _partition.Epoch, sequenceNr, [], default)).ShouldBeTrue();
        _partition.Delete(sequenceNr);
    }
}
