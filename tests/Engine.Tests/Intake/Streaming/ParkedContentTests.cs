using System.Runtime.CompilerServices;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>The stored form of what is parked.</summary>
public sealed class ParkedContentTests
{
    private const string Body = """{"sessionStr":"s","topicType":"课程","topicId":9,"wuId":42}""";

    private static readonly Guid Row = new(1, 2, 3, new byte[8]);

    [Fact]
    public void A_batch_comes_back_whole_with_the_identities_that_it_had()
    {
        EventBatch batch = BatchOf(4, topic: 1, beside: 0, "a", "b");

        EventBatch read = ParkedContent.Decode(Row, new ParkedContent(1, batch).Encode()).Batch!;

        (read.Id, read.Partition).ShouldBe((batch.Id, batch.Partition));
        read.Events.ToArray().ShouldBe(batch.Events.ToArray());
        read.Payloads.ToArray().ShouldBe(batch.Payloads.ToArray());
    }

    [Theory]
    [InlineData("parked-v2.hex", "message")]
    [InlineData("parked-letter-v2.hex", "letter")]
    [InlineData("parked-v3.hex", "message")]
    [InlineData("parked-letter-v3.hex", "letter")]
    [InlineData("parked-batch-v3.hex", "batch")]
    public void Forms_that_were_kept_read_as_they_did(string file, string kind)
    {
        // Kept since each version was first written; if one changes, stored rows can no longer be read.
        byte[] kept = Convert.FromHexString(File.ReadAllText(Path.Combine(FixtureFolder(), file)).Trim());

        byte[] again = ParkedContent.Decode(Row, kept).Encode();

        Convert.ToHexString(again).ShouldBe(Convert.ToHexString(Example(kind).Encode()));
        if (kept[0] == again[0])
        {
            Convert.ToHexString(again).ShouldBe(Convert.ToHexString(kept));
        }
    }

    [Theory]
    [InlineData("message")]
    [InlineData("letter")]
    [InlineData("batch")]
    public void Damage_anywhere_and_a_version_to_come_are_refused_by_the_rows_id(string kind) =>
        DamagedBytes.ShouldBeRefused(Example(kind).Encode(), bytes => ParkedContent.Decode(Row, bytes), $"The parked delivery {Row} is damaged: ");

    [Theory]
    [InlineData("message", 1)]
    [InlineData("letter", 2)]
    [InlineData("batch", 3)]
    [InlineData("batch", 4)]
    public void Hostile_bytes_behind_a_good_checksum_are_read_or_refused(string kind, int seed) =>
        DamagedBytes.ShouldNotCrash(Example(kind).Encode(), bytes => ParkedContent.Decode(Row, bytes), seed, perByte: 64, Row.ToString());

    [Fact]
    public void Hostile_bytes_within_the_batch_behind_its_own_good_checksum_are_read_or_refused()
    {
        byte[] batch = PartitionMessageCodec.Encode(Example("batch").Batch!);
        byte[] head = Example("batch").Encode()[..(Example("batch").Encode().Length - 4 - batch.Length)];

        // The batch is its last field: what is changed is sealed by itself, and then as a whole.
        DamagedBytes.ShouldNotCrash(
            batch, bytes => ParkedContent.Decode(Row, DamagedBytes.Seal([.. head[..LengthAt(head)], .. Varint(bytes.Length), .. bytes])), seed: 5, perByte: 64,
            Row.ToString());
    }

    [Fact]
    public void A_batch_in_a_row_of_version_2_which_had_none_is_refused()
    {
        byte[] bytes = Example("batch").Encode()[..^4];
        bytes[0] = 2;

        Should.Throw<StoredFormatException>(() => ParkedContent.Decode(Row, DamagedBytes.Seal(bytes))).Message.ShouldContain("kind 2");
    }

    /// <summary>A batch of shares of one topic, for the Partition that many beside the topic's own.</summary>
    internal static EventBatch BatchOf(int partitions, int topic, int beside, params string[] identities)
    {
        StreamDefinition stream = Catalog.Default.FindStream("act.share")!;
        var key = new TopicKey("lesson", topic);
        var hasher = new IdentityHasher();
        var builder = new EventBatchBuilder((key.ShardOf(partitions) + beside) % partitions);
        var @event = new BusinessEvent();
        foreach (string identity in identities)
        {
            @event.Reset(stream);
            @event.Topic = key;
            @event.TimeMs = 1_700_000_000_000;
            @event.Day = 738_839;
            @event.WuId = 42;
            @event.SetText(EventText.SessionStr, Encoding.UTF8.GetBytes(identity));
            @event.Identity = hasher.OfMessageId(stream, key, identity);
            builder.Add(@event, pageId: 1);
        }

        return builder.Build(new BatchId(Row, 5));
    }

    private static ParkedContent Example(string kind)
    {
        AmqpProperties properties = IntakeKit.Json.WithHeader("x-delay"u8, 250);
        byte[] body = Encoding.UTF8.GetBytes(Body);
        return kind switch
        {
            "batch" => new ParkedContent(1_700_000_000_123, BatchOf(4, topic: 1, beside: 0, "a", "b", "c")),
            "letter" =>
                new ParkedContent(1_700_000_000_123, properties, body, new ParkedLetter("act.buy", "no-row", "There is no row orders 7, after 11 tries")),
            _ => new ParkedContent(1_700_000_000_123, properties, body),
        };
    }

    /// <summary>Where the length of the batch begins: behind version, receipt and kind.</summary>
    private static int LengthAt(byte[] head) => head.Length - Varint(PartitionMessageCodec.Encode(Example("batch").Batch!).Length).Length;

    private static byte[] Varint(int value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];

    private static string FixtureFolder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Fixtures");
}
