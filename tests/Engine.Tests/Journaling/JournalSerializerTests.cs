using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
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
        new Accepted(Id, 1023), new Held(Id, 0), new KeepRunning(7), new GetStatus(8), new FlushNow(9), new CheckpointNow(10), new Done(11),
        new StopPartition(TimeSpan.FromSeconds(2.5)), new Owned("node-1 会", 1_772_323_200_000), new Owned("", 0),
    ];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Messages_and_announcements_come_back_by_the_serializer_they_are_bound_to(object message)
    {
        Serializer serializer = _system.Serialization.FindSerializerFor(message);

        serializer.ShouldBeOfType<JournalSerializer>();
        serializer.Identifier.ShouldBe(8421);
        _system.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, _serializer.Manifest(message)).ShouldBe(message);
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
    [InlineData("K")]
    [InlineData("G")]
    [InlineData("F")]
    [InlineData("C")]
    [InlineData("D")]
    [InlineData("S")]
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
    public void Hostile_messages_behind_a_good_checksum_are_read_or_refused(string manifest, int seed) =>
        DamagedBytes.ShouldNotCrash(_serializer.ToBinary(Example(manifest)), bytes => _serializer.FromBinary(bytes, manifest), seed, perByte: 64, $"'{manifest}'");

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
        "K" => new KeepRunning(3),
        "G" => new GetStatus(3),
        "F" => new FlushNow(3),
        "C" => new CheckpointNow(3),
        "D" => new Done(3),
        "S" => new StopPartition(TimeSpan.FromSeconds(8)),
        _ => new Owned("node-1", BlockSpec.At),
    };

    private static Exception Refused(object read) => read is UnreadableEntry unreadable ? new StoredFormatException(unreadable.Fault.Message) : new InvalidOperationException($"read as {read}");

    public sealed class Fixture : IAsyncDisposable
    {
        public ActorSystem System { get; } =
            ActorSystem.Create("serializer", ConfigurationFactory.ParseString("akka.loglevel = OFF").WithFallback(JournalConfig.Defaults));

        public async ValueTask DisposeAsync() => await System.Terminate();
    }
}
