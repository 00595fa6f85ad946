using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Journaling;

public sealed class BlockCodecTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_events_come_back_from_a_block_as_they_were(int seed)
    {
        var random = new Random(seed);
        EventSpec[] events = new RandomEvents(seed).Take(random.Next(0, 200));
        long sequenceNr = 1 + random.NextInt64(1L << 40);

        List<EventSpec> read = BlockSpec.Read(BlockSpec.Block(events, sequenceNr, partition: seed), sequenceNr, partition: seed);

        read.Select(spec => spec.ToString()).ShouldBe(events.Select(spec => spec.ToString()));
    }

    [Fact]
    public void Head_says_when_the_block_was_made_and_how_many_events_it_holds()
    {
        var decoder = new BlockDecoder(Catalog.Default);

        decoder.Open(7, 12, BlockSpec.Block(new RandomEvents(1).Take(33), sequenceNr: 12, partition: 7, atMs: 1_234));

        decoder.JournaledAtMs.ShouldBe(1_234);
        decoder.EventCount.ShouldBe(33);
        decoder.SequenceNr.ShouldBe(12);
    }

    [Fact]
    public void Encoder_says_the_length_of_the_block_before_it_is_finished()
    {
        var encoder = new BlockEncoder();
        encoder.Start(0, 1, 0);
        EventBatch batch = BlockSpec.Batch(new RandomEvents(2).Take(9));
        foreach (ref readonly EventHead head in batch.Events)
        {
            encoder.Add(head, batch.Payload(head));
        }

        int length = encoder.Length;

        encoder.Count.ShouldBe(9);
        encoder.Finish().Bytes.Length.ShouldBe(length);
    }

    [Fact]
    public void Without_texts_identities_and_facts_are_the_same()
    {
        EventSpec[] events = new RandomEvents(7).Take(300);

        BlockSpec.Read(BlockSpec.Block(events), withTexts: false)
            .Select(spec => $"{spec.Identity} {string.Join(' ', spec.Facts)} {spec.WuId} {spec.ParentTopicId} {spec.CounterId}")
            .ShouldBe(events.Select(spec => $"{spec.Identity} {string.Join(' ', spec.Facts)} {spec.WuId} {spec.ParentTopicId} {spec.CounterId}"));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_counted_and_read_in_place_is_that_of_the_event(int seed)
    {
        var sources = (Sources)(seed % 8);
        EventSpec[] events = new RandomEvents(seed).Take(100);
        Block block = BlockSpec.Block(events, 1, 0, BlockSpec.At, out int[] offsets);
        EventBatch batch = BlockSpec.Batch(events);
        var decoder = new BlockDecoder(Catalog.Default);
        decoder.Open(0, 1, block);
        var @event = new BusinessEvent();
        for (int i = 0; i < events.Length; i++)
        {
            @event.Reset(events[i].Stream);

            EntryDecoder.ReadCounted(block.Bytes.Span, offsets[i], sources, @event);

            @event.WuId.ShouldBe(events[i].WuId);
            BusinessEvent whole = events[i].Fill(new BusinessEvent());
            foreach ((Sources source, int text) in new[]
                { (Sources.Parent, EventText.ParentTopicType), (Sources.Channel, EventText.ChannelType), (Sources.QrCode, EventText.QrCode) })
            {
                @event.Text(text).ToArray().ShouldBe((sources & source) == 0 ? [] : whole.Text(text).ToArray());
            }

            if ((sources & Sources.Parent) != 0)
            {
                @event.ParentTopicId.ShouldBe(whole.ParentTopicId);
            }

            @event.Facts.ToArray().ShouldBe(events[i].Facts);
            decoder.Next().ShouldBeTrue();
            decoder.PayloadOffset.ShouldBe(offsets[i]);
            decoder.PayloadLength.ShouldBe(batch.Events[i].Length);
        }
    }

    [Fact]
    public void Reading_facts_in_place_allocates_nothing()
    {
        EventSpec[] events = new RandomEvents(5).Take(1000);
        Block block = BlockSpec.Block(events, 1, 0, BlockSpec.At, out int[] offsets);
        var @event = new BusinessEvent();
        ReadAll();
        long before = GC.GetAllocatedBytesForCurrentThread();

        ReadAll();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void ReadAll()
        {
            for (int i = 0; i < offsets.Length; i++)
            {
                @event.Reset(events[i].Stream);
                EntryDecoder.ReadCounted(block.Bytes.Span, offsets[i], Sources.Parent | Sources.Channel | Sources.QrCode, @event);
            }
        }
    }

    [Fact]
    public void A_damaged_entry_that_is_read_in_place_names_Partition_and_SequenceNr()
    {
        Block block = BlockSpec.Block(new RandomEvents(5).Take(1), 31, 4, BlockSpec.At, out int[] offsets);
        byte[] bytes = block.Bytes[..(offsets[0] + 2)].ToArray();
        bytes[offsets[0] + 1] = 0xFF;
        var @event = new BusinessEvent();
        @event.Reset(Catalog.Default.Streams[0]);

        string message = Should.Throw<StoredFormatException>(() => EntryDecoder.ReadCounted([.. bytes, 0, 0, 0, 0], offsets[0], Sources.None, @event)).Message;

        message.ShouldContain("Partition 4");
        message.ShouldContain("SequenceNr 31");
    }

    [Theory]
    [InlineData('会')]
    [InlineData('a')]
    public void A_text_as_long_as_any_body_may_be_set_to_comes_back(char character)
    {
        EventSpec spec = Kept()[0] with { Texts = [new string(character, 3 << 20), "", "", ""] };

        BlockSpec.Read(BlockSpec.Block([spec])).Single().ToString().ShouldBe(spec.ToString());
    }

    [Fact]
    public void A_block_of_version_2_that_was_kept_reads_as_it_did_and_is_still_written_so()
    {
        // Kept since that version was first written; if it changes, stored journals can no longer be read.
        byte[] kept = Convert.FromHexString(File.ReadAllText(Path.Combine(FixtureFolder(), "block-v2.hex")).Trim());

        BlockSpec.Read(new Block(kept), 17, 3).Select(spec => spec.ToString()).ShouldBe(Kept().Select(spec => spec.ToString()));
        Convert.ToHexString(BlockSpec.Block(Kept(), 17, 3).Bytes.Span).ShouldBe(Convert.ToHexString(kept));
    }

    [Fact]
    public void A_flipped_bit_anywhere_a_length_cut_short_and_a_version_to_come_are_refused_by_their_place() =>
        DamagedBytes.ShouldBeRefused(
            BlockSpec.Block(new RandomEvents(3).Take(6), sequenceNr: 41, partition: 5).Bytes.ToArray(),
            bytes => BlockSpec.Read(new Block(bytes), 41, 5),
            "The journal of Partition 5 is damaged at SequenceNr 41: ");

    [Fact]
    public void A_block_in_the_place_of_another_is_refused()
    {
        Block block = BlockSpec.Block(new RandomEvents(4).Take(2), sequenceNr: 10, partition: 1);

        Should.Throw<StoredFormatException>(() =>
            BlockSpec.Read(block, 10, 2)).Message.ShouldContain("Partition 2 is damaged at SequenceNr 10: its block is of Partition 1 and SequenceNr 10");
        Should.Throw<StoredFormatException>(() =>
            BlockSpec.Read(block, 9, 1)).Message.ShouldContain("SequenceNr 9: its block is of Partition 1 and SequenceNr 10");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(1_000_000_000)]
    public void A_block_whose_count_is_not_that_of_its_entries_is_refused(int change)
    {
        byte[] body = BlockSpec.Block(new RandomEvents(4).Take(5)).Bytes[..^4].ToArray();
        BitConverter.TryWriteBytes(body.AsSpan(21), 5 + change);

        Should.Throw<StoredFormatException>(() => BlockSpec.Read(new Block(DamagedBytes.Seal(body))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Hostile_bytes_behind_a_good_checksum_give_events_or_are_refused(int seed) =>
        DamagedBytes.ShouldNotCrash(
            BlockSpec.Block(new RandomEvents(seed).Take(8), sequenceNr: 41, partition: 5).Bytes.ToArray(),
            bytes => BlockSpec.Read(new Block(bytes), 41, 5, withTexts: seed % 2 == 0),
            seed,
            perByte: 64,
            "The journal of Partition 5 is damaged at SequenceNr 41: ");

    [Fact]
    public void Facts_that_were_appended_later_read_as_zero_in_an_old_block()
    {
        // An old version kept three facts; the trailing zeros that are not stored are the same case.
        StreamDefinition buy = Catalog.Default.FindStream("act.buy")!;
        EventSpec old = Kept().First(spec => spec.Stream == buy) with { Facts = [1, 2, 3, 0, 0, 0] };

        BlockSpec.Read(BlockSpec.Block([old])).Single().Facts.ShouldBe([1, 2, 3, 0, 0, 0]);
    }

    /// <summary>One event of each stream, from a rule that stays.</summary>
    internal static List<EventSpec> Kept()
    {
        var hasher = new IdentityHasher();
        var @event = new BusinessEvent();
        return [.. Catalog.Default.Streams.Where(stream => stream.Id <= 17).Select((stream, i) =>
        {
            var spec = new EventSpec(
                stream,
                new TopicKey(i % 2 == 0 ? "lesson" : "课程", i),
                BlockSpec.At + (i * 1000),
                739_675 + (i % 3),
                i * 1000,
                i % 4 == 0 ? i : null,
                [.. Enumerable.Range(0, EventSpec.TextsOf(stream)).Select(text => text == 0 ? "00ff00ff00ff00ff" : i % (text + 1) == 0 ? $"text {text}" : "")],
                [.. stream.Facts.Select((_, fact) => (long)((fact * 100) + i) % 250)],
                EventId.None);
            EventId identity = stream.BusinessKeyStep >= 0 ? EventId.Key(i * 12345)
                : i % 3 == 0 ? hasher.OfMessageId(stream, spec.Topic, "m")
                : IdentityHasher.EventHoldsContent(stream) ? new EventId(IdentityKind.Content, hasher.OfContent(spec.Fill(@event)))
                : EventId.None;
            return spec with { Identity = identity };
        })];
    }

    internal static string FixtureFolder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Fixtures");
}
