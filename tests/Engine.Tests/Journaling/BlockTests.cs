using System.Runtime.CompilerServices;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Hostile;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Journaling;

public sealed class BlockTests
{
    private const long At = 1_772_323_200_000;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_events_come_back_from_a_block_as_they_were(int seed)
    {
        var random = new Random(seed);
        EventSpec[] events = new RandomEvents(seed).Take(random.Next(1, 200));

        List<(long SequenceNr, EventSpec Event)> read = Read(Block(events, first: 1 + random.NextInt64(1L << 40)), withTexts: true, out long first);

        read.Select(entry => entry.Event.ToString()).ShouldBe(events.Select(spec => spec.ToString()));
        read.Select(entry => entry.SequenceNr).ShouldBe(Enumerable.Range(0, events.Length).Select(i => first + i));
    }

    [Fact]
    public void Without_texts_identities_and_facts_are_the_same()
    {
        EventSpec[] events = new RandomEvents(7).Take(300);

        List<(long SequenceNr, EventSpec Event)> read = Read(Block(events), withTexts: false, out _);

        read.Select(entry => $"{entry.Event.Identity} {string.Join(' ', entry.Event.Facts)} {entry.Event.WuId} {entry.Event.CounterId}")
            .ShouldBe(events.Select(spec => $"{spec.Identity} {string.Join(' ', spec.Facts)} {spec.WuId} {spec.CounterId}"));
    }

    [Theory]
    [InlineData('会')]
    [InlineData('a')]
    public void A_text_as_long_as_any_body_may_be_set_to_comes_back(char character)
    {
        EventSpec spec = Kept()[0] with { Texts = [new string(character, 3 << 20), "", "", ""] };

        Read(Block([spec]), withTexts: true, out _).Single().Event.ToString().ShouldBe(spec.ToString());
    }

    [Fact]
    public void A_block_of_version_1_that_was_kept_reads_as_it_did_and_is_still_written_so()
    {
        // Kept since the first version; if it changes, stored journals can no longer be read.
        byte[] kept = Convert.FromHexString(File.ReadAllText(Path.Combine(FixtureFolder(), "block-v1.hex")).Trim());

        Read(Block(Kept()) with { Bytes = kept }, withTexts: true, out _).Select(entry => entry.Event.ToString()).ShouldBe(Kept().Select(spec => spec.ToString()));
        Convert.ToHexString(Block(Kept()).Bytes.Span).ShouldBe(Convert.ToHexString(kept));
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_found_and_the_place_is_named()
    {
        JournalBlock block = Block(new RandomEvents(3).Take(6), first: 41, shard: 5);
        byte[] bytes = block.Bytes.ToArray();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));

            StoredFormatException damage = Should.Throw<StoredFormatException>(() => Read(block with { Bytes = flipped }, withTexts: true, out _), $"bit {bit}");

            damage.Message.ShouldContain("shard 5");
            damage.Message.ShouldContain("SequenceNr 41 to 46");
        }
    }

    [Fact]
    public void A_block_cut_short_anywhere_is_found()
    {
        JournalBlock block = Block(new RandomEvents(4).Take(6));
        for (int length = 0; length < block.Bytes.Length; length++)
        {
            Should.Throw<StoredFormatException>(() => Read(block with { Bytes = block.Bytes[..length] }, withTexts: true, out _), $"{length} bytes");
        }
    }

    [Fact]
    public void A_block_of_a_version_to_come_is_refused_by_its_number()
    {
        JournalBlock block = Block(new RandomEvents(4).Take(2));
        byte[] body = block.Bytes[..^4].ToArray();
        body[0] = 2;

        Should.Throw<StoredFormatException>(() => Read(block with { Bytes = DamagedBytes.Seal(body) }, withTexts: true, out _)).Message.ShouldContain("version 2 is not known");
    }

    [Fact]
    public void A_block_in_the_place_of_another_is_refused()
    {
        JournalBlock block = Block(new RandomEvents(4).Take(2), first: 10, shard: 1);

        Should.Throw<StoredFormatException>(() => Read(block with { Shard = 2 }, withTexts: true, out _));
        Should.Throw<StoredFormatException>(() => Read(block with { FirstSequenceNr = 9 }, withTexts: true, out _));
        Should.Throw<StoredFormatException>(() => Read(block with { LastSequenceNr = 12 }, withTexts: true, out _));
        Should.Throw<StoredFormatException>(() => Read(block with { JournaledAtMs = At + 1 }, withTexts: true, out _));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Hostile_bytes_behind_a_good_checksum_give_events_or_are_refused(int seed)
    {
        var random = new Random(seed);
        JournalBlock block = Block(new RandomEvents(seed).Take(8));
        byte[] good = block.Bytes[..^4].ToArray();
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = DamagedBytes.Seal(ByteMutator.MutateSome(good, random));
            bool withTexts = random.Next(2) == 0;
            AllocationBound.ShouldHold(bytes, perByte: 64, () =>
            {
                try
                {
                    Read(block with { Bytes = bytes }, withTexts, out _);
                }
                catch (StoredFormatException e)
                {
                    e.Message.ShouldContain("shard 0");
                    e.Message.ShouldContain("SequenceNr 1 to 8");
                }
            });
        }
    }

    [Fact]
    public void Facts_that_were_appended_later_read_as_zero_in_an_old_block()
    {
        // An old version kept three facts; the trailing zeros that are not stored are the same case.
        StreamDefinition buy = Catalog.Default.FindStream("act.buy")!;
        EventSpec old = Kept().First(spec => spec.Stream == buy) with { Facts = [1, 2, 3, 0, 0, 0] };

        Read(Block([old]), withTexts: true, out _).Single().Event.Facts.ShouldBe([1, 2, 3, 0, 0, 0]);
    }

    internal static JournalBlock Block(IReadOnlyList<EventSpec> events, long first = 1, int shard = 0)
    {
        var writer = new BlockWriter();
        writer.Start(shard, first, At);
        var payload = new ByteWriter();
        var @event = new BusinessEvent();
        foreach (EventSpec spec in events)
        {
            payload.Clear();
            EntryWriter.Write(payload, spec.Fill(@event));
            writer.Add(spec.Stream.Id, spec.Topic, spec.TimeMs, spec.Day, payload.Written);
        }

        return new JournalBlock
        {
            Shard = shard,
            Epoch = 1,
            FirstSequenceNr = first,
            LastSequenceNr = writer.LastSequenceNr,
            JournaledAtMs = At,
            Bytes = writer.Finish().ToArray(),
        };
    }

    private static List<(long SequenceNr, EventSpec Event)> Read(JournalBlock block, bool withTexts, out long first)
    {
        var reader = new BlockReader(Catalog.Default) { WithTexts = withTexts };
        var events = new List<(long, EventSpec)>();
        first = block.FirstSequenceNr;
        reader.Open(block);
        while (reader.Next())
        {
            events.Add((reader.SequenceNr, EventSpec.Of(reader.Event)));
        }

        return events;
    }

    /// <summary>One event of each stream, from a seed that stays.</summary>
    private static List<EventSpec> Kept()
    {
        var hasher = new IdentityHasher();
        var @event = new BusinessEvent();
        return [.. Catalog.Default.Streams.Where(stream => stream.Id <= 17).Select((stream, i) =>
        {
            var spec = new EventSpec(
                stream,
                new TopicKey(i % 2 == 0 ? "lesson" : "课程", i),
                At + (i * 1000),
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

    private static string FixtureFolder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Fixtures");
}
