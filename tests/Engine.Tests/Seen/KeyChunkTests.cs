using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>A range of the business keys that were seen, and its stored form.</summary>
public sealed class KeyChunkTests
{
    [Fact]
    public void A_chunk_of_keys_comes_back_and_another_version_is_refused_by_its_name()
    {
        var id = new KeyChunkId(6, new TopicKey("lesson", 9), 3);
        var keys = new IdSet();
        foreach (int key in new[] { 0, 1, 7, 1000, (1 << 20) - 1 })
        {
            keys.Add(key);
        }

        byte[] stored = new KeyChunk(id, keys).Encode();

        KeyChunk read = KeyChunk.Decode(id, stored);
        read.Keys.Count.ShouldBe(5);
        read.Keys.Contains((1 << 20) - 1).ShouldBeTrue();
        KeyChunkId.Parse(id.SnapshotKey()).ShouldBe(id);
        stored[0] = 9;
        Should.Throw<StoredFormatException>(() => KeyChunk.Decode(id, DamagedBytes.Seal(stored[..^4]))).Message.ShouldBe(
            "the seen keys of stream 6, topic lesson/9, chunk 3 are damaged: version 9 is not known to this program, which reads 1.");
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData((1 << 20) - 1, 0, (1 << 20) - 1)]
    [InlineData(1 << 20, 1, 0)]
    [InlineData(int.MaxValue, 2047, (1 << 20) - 1)]
    public void A_chunk_holds_a_million_keys_and_no_more(int key, int number, int low)
    {
        var topic = new TopicKey("lesson", 9);

        KeyChunkId.Of(6, topic, EventId.Key(key).Value).ShouldBe(new KeyChunkId(6, topic, number));
        KeyChunkId.Low(EventId.Key(key).Value).ShouldBe(low);
    }

    [Fact]
    public void The_memory_of_a_chunk_is_that_of_its_keys_and_a_little()
    {
        var keys = new IdSet();
        var chunk = new KeyChunk(default, keys);
        long empty = chunk.ResidentBytes - keys.ResidentBytes;
        empty.ShouldBeInRange(64, 400);

        for (int key = 0; key < 5000; key++)
        {
            keys.Add(key * 7);
        }

        chunk.ResidentBytes.ShouldBe(empty + keys.ResidentBytes);
    }
}
