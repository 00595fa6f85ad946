using System.Runtime.CompilerServices;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Journaling;

public sealed class JournalSerializerTests(JournalSerializerTests.Fixture fixture) : IClassFixture<JournalSerializerTests.Fixture>
{
    private static readonly BatchId Id = new(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 1L << 50);

    private readonly ActorSystem _system = fixture.System;
    private readonly JournalSerializer _serializer = (JournalSerializer)fixture.System.Serialization.FindSerializerForType(typeof(Block));

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 10)];

    public static TheoryData<object> Messages =>
    [
        new Accepted(Id, 1023), new Held(Id, 0), new GetStatus(8), new FlushNow(9), new CheckpointNow(10), new Done(11),
        new StopPartition(TimeSpan.FromSeconds(2.5)), new Owned("node-1 会", 1_772_323_200_000), new Owned("", 0),
        new Rebuild(12, StatisticsFilter.All), new Rebuild(13, new StatisticsFilter("act", "活动", int.MaxValue, 0, DateOnly.MaxValue.DayNumber)),
        new Rebuilt(14, 0, 0, 0), new Rebuilt(15, long.MaxValue, 2, 3, "Block 7 of Partition 15 is damaged: 会."), new NotServing(16, PartitionPhase.Stopping),
        new PartitionStatus { Partition = 17 }, Status,
    ];

    private static PartitionStatus Status => new()
    {
        Partition = 18,
        Phase = PartitionPhase.Serving,
        Epoch = 1,
        SequenceNr = long.MaxValue,
        Checkpoint = 3,
        EventsSinceCheckpoint = 4,
        Counters = 5,
        ResidentBytes = 1L << 40,
        UnappliedBytes = 7,
        Unflushed = 8,
        Damaged = int.MaxValue,
        Failing = "Loading Counters failed: 会.",
    };

    private static GetTopic Question => new(3, 255, new TopicKey("activity 会", int.MaxValue), [0, 739_675, DateOnly.MaxValue.DayNumber],
        From: 0, Through: DateOnly.MaxValue.DayNumber);

    private static TopicRows Rows => new(4,
    [
        new StatisticsRow("activity", 7, 739_675, long.MaxValue, [1, -2, long.MaxValue], 4, 9),
        new StatisticsRow("activity", 7, 0, null, []),
        new StatisticsRow("activity 会", 0, 1, 0, [0]),
    ], Through: 739_675);

    [Theory]
    [MemberData(nameof(Messages))]
    public void Messages_and_announcements_come_back_by_the_serializer_they_are_bound_to(object message)
    {
        Serializer serializer = _system.Serialization.FindSerializerFor(message);

        serializer.ShouldBeOfType<JournalSerializer>();
        serializer.Identifier.ShouldBe(8421);
        _system.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, _serializer.Manifest(message)).ShouldBe(message);
    }

    /// <summary>Whatever is sent to a Partition may be sent to another node, and so may what it answers.</summary>
    [Fact]
    public void Every_message_and_answer_of_the_protocol_has_a_manifest_of_its_own()
    {
        Type[] types =
        [
            .. typeof(IPartitionMessage).Assembly.GetTypes()
                .Where(type => !type.IsInterface && (type.IsAssignableTo(typeof(IPartitionMessage)) || type.IsAssignableTo(typeof(IPartitionAnswer)))),
        ];
        types.Length.ShouldBeGreaterThanOrEqualTo(13);

        string[] manifests = [.. types.Select(type => _serializer.Manifest(RuntimeHelpers.GetUninitializedObject(type)))];

        manifests.ShouldBeUnique();
        types.ShouldAllBe(type => _system.Serialization.FindSerializerForType(type) is JournalSerializer);
    }

    [Fact]
    public void Questions_for_a_topic_and_its_rows_come_back_as_they_were()
    {
        var question = (GetTopic)_serializer.FromBinary(_serializer.ToBinary(Question), "T");
        var rows = (TopicRows)_serializer.FromBinary(_serializer.ToBinary(Rows), "W");

        (question with { Days = [] }).ShouldBe(Question with { Days = [] });
        question.Days.ShouldBe(Question.Days);
        question.Topic.Hash.ShouldBe(Question.Topic.Hash);
        rows.Partition.ShouldBe(Rows.Partition);
        rows.Through.ShouldBe(Rows.Through);
        rows.Rows.Select(Text).ShouldBe(Rows.Rows.Select(Text));
        ((TopicRows)_serializer.FromBinary(_serializer.ToBinary(new TopicRows(5, [], 0)), "W")).Rows.ShouldBeEmpty();
    }

    [Fact]
    public void A_request_to_save_Counters_comes_back_as_it_was()
    {
        var request = new SaveCounters(3, 255, 0, DateOnly.MaxValue.DayNumber, [new TopicKey("activity 会", int.MaxValue), new TopicKey("activity 会", 0)]);

        var read = (SaveCounters)_serializer.FromBinary(_serializer.ToBinary(request), "K");

        (read with { Topics = [] }).ShouldBe(request with { Topics = [] });
        read.Topics.ShouldBe(request.Topics);
        ((SaveCounters)_serializer.FromBinary(_serializer.ToBinary(request with { Topics = [] }), "K")).Topics.ShouldBeEmpty();
    }

    [Fact]
    public void A_row_takes_no_more_than_is_reckoned_for_it()
    {
        string type = string.Concat(Enumerable.Repeat("😀", TopicKey.MaxTypeCharacters));
        long[] values = [.. Enumerable.Repeat(long.MinValue, 100)];
        var row = new StatisticsRow(type, int.MaxValue, DateOnly.MaxValue.DayNumber, long.MinValue, values, int.MinValue, long.MinValue);
        int nothing = _serializer.ToBinary(new TopicRows(1, [], 0)).Length;

        int one = _serializer.ToBinary(new TopicRows(1, [row], 0)).Length - nothing;

        one.ShouldBeLessThanOrEqualTo(PartitionMessageCodec.MaxRowBytes(values.Length));
        one.ShouldBeGreaterThan(1000 + 256, "else the figure is not that of the largest row");
    }

    [Theory]
    [InlineData(4096, 4096)]
    [InlineData(4097, 4093 + 3)]
    [InlineData(1_000_000, 4093 + 3)]
    public void A_sentence_of_a_driver_is_cut_before_it_is_sent(int sent, int read)
    {
        string text = new('x', sent);

        string?[] texts =
        [
            ((PartitionStatus)_serializer.FromBinary(_serializer.ToBinary(Status with { Failing = text }), "P")).Failing,
            ((Rebuilt)_serializer.FromBinary(_serializer.ToBinary(new Rebuilt(1, 0, 0, 0, text)), "U")).Damage,
        ];

        texts.ShouldAllBe(got => Encoding.UTF8.GetByteCount(got!) == read && got!.StartsWith("xxxx"));
    }

    [Fact]
    public void A_sentence_is_not_cut_within_a_character()
    {
        string text = "x" + string.Concat(Enumerable.Repeat("😀", 2000));

        string cut = ((PartitionStatus)_serializer.FromBinary(_serializer.ToBinary(Status with { Failing = text }), "P")).Failing!;

        cut.ShouldBe($"{text[..(1 + (1023 * 2))]}…");
    }

    [Fact]
    public void Block_is_written_and_read_without_a_copy()
    {
        byte[] bytes = BlockSpec.Block(new RandomEvents(1).Take(10)).Bytes.ToArray();

        byte[] written = _serializer.ToBinary(new Block(bytes));
        var read = (Block)_serializer.FromBinary(bytes, "B");

        written.ShouldBeSameAs(bytes);
        _serializer.ToBinary(read).ShouldBeSameAs(bytes);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Batch_comes_back_as_it_was(int seed)
    {
        EventBatch batch = BlockSpec.Batch(new RandomEvents(seed).Take(seed * 20), partition: seed);

        var read = (EventBatch)_serializer.FromBinary(_serializer.ToBinary(batch), "E");

        _serializer.Manifest(batch).ShouldBe("E");
        _system.Serialization.FindSerializerFor(batch).ShouldBeOfType<JournalSerializer>();
        read.Id.ShouldBe(batch.Id);
        read.Partition.ShouldBe(batch.Partition);
        read.Payloads.ToArray().ShouldBe(batch.Payloads.ToArray());
        read.Events.ToArray().ShouldBe(batch.Events.ToArray());
    }

    [Theory]
    [InlineData("E")]
    [InlineData("A")]
    [InlineData("H")]
    [InlineData("G")]
    [InlineData("F")]
    [InlineData("C")]
    [InlineData("D")]
    [InlineData("S")]
    [InlineData("T")]
    [InlineData("K")]
    [InlineData("W")]
    [InlineData("R")]
    [InlineData("U")]
    [InlineData("P")]
    [InlineData("N")]
    public void Damaged_messages_and_versions_to_come_are_refused_by_their_manifest(string manifest) =>
        DamagedBytes.ShouldBeRefused(_serializer.ToBinary(Example(manifest)), bytes => _serializer.FromBinary(bytes, manifest), $"'{manifest}'");

    [Fact]
    public void Damaged_announcements_are_left_to_the_reader_who_knows_their_place() =>
        DamagedBytes.ShouldBeRefused(_serializer.ToBinary(new Owned("node", 1)), bytes => throw Refused(_serializer.FromBinary(bytes, "O")), "");

    [Theory]
    [InlineData("E", 1)]
    [InlineData("E", 2)]
    [InlineData("A", 3)]
    [InlineData("S", 4)]
    [InlineData("T", 5)]
    [InlineData("K", 6)]
    [InlineData("W", 6)]
    [InlineData("R", 7)]
    [InlineData("U", 8)]
    [InlineData("P", 9)]
    [InlineData("N", 10)]
    public void Hostile_messages_behind_a_good_checksum_are_read_or_refused(string manifest, int seed) =>
        DamagedBytes.ShouldNotCrash(_serializer.ToBinary(Example(manifest)), bytes => _serializer.FromBinary(bytes, manifest), seed, perByte: 64,
            $"'{manifest}'");

    [Fact]
    public void What_is_not_known_is_refused_by_its_name()
    {
        Should.Throw<StoredFormatException>(() => _serializer.FromBinary([1, 2, 3], "Z")).Message.ShouldContain("'Z'");
        Should.Throw<ArgumentException>(() => _serializer.ToBinary("text")).Message.ShouldContain("System.String");
        Should.Throw<ArgumentException>(() => _serializer.Manifest(42)).Message.ShouldContain("System.Int32");
    }

    [Theory]
    [InlineData("owned-v1.hex", "O")]
    [InlineData("batch-v1.hex", "E")]
    public void Forms_that_were_kept_read_as_they_did_and_are_still_written_so(string file, string manifest)
    {
        // Kept since the first version; if one changes, stored journals or nodes of another version can no longer be read.
        byte[] kept = Convert.FromHexString(File.ReadAllText(Path.Combine(BlockCodecTests.FixtureFolder(), file)).Trim());

        Convert.ToHexString(_serializer.ToBinary(_serializer.FromBinary(kept, manifest))).ShouldBe(Convert.ToHexString(kept));
        Convert.ToHexString(_serializer.ToBinary(Example(manifest))).ShouldBe(Convert.ToHexString(kept));
    }

    private static object Example(string manifest) => manifest switch
    {
        "E" => BlockSpec.Batch(BlockCodecTests.Kept().Take(5).ToList(), partition: 3),
        "A" => new Accepted(Id, 3),
        "H" => new Held(Id, 3),
        "G" => new GetStatus(3),
        "F" => new FlushNow(3),
        "C" => new CheckpointNow(3),
        "D" => new Done(3),
        "S" => new StopPartition(TimeSpan.FromSeconds(8)),
        "T" => Question,
        "K" => new SaveCounters(3, 2, 739_675, 739_676, [new TopicKey("activity 会", int.MaxValue), new TopicKey("", 0)]),
        "W" => Rows,
        "R" => new Rebuild(3, new StatisticsFilter("act", "activity", 7, 739_675, 739_676)),
        "U" => new Rebuilt(3, 4, 5, 6, "damaged"),
        "P" => Status,
        "N" => new NotServing(3, PartitionPhase.Recovering),
        _ => new Owned("node-1", BlockSpec.At),
    };

    private static string Text(StatisticsRow row) => $"{row} {string.Join(' ', row.Values)}";

    private static Exception Refused(object read) => read is UnreadableEntry unreadable ? new StoredFormatException(unreadable.Fault.Message)
        : new InvalidOperationException($"read as {read}");

    public sealed class Fixture : IAsyncDisposable
    {
        public ActorSystem System { get; } =
            ActorSystem.Create("serializer", ConfigurationFactory.ParseString("akka.loglevel = OFF").WithFallback(JournalConfig.Defaults));

        public async ValueTask DisposeAsync() => await System.Terminate();
    }
}
