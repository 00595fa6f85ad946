using System.Text;
using DataLoad.Engine.Counting;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>A topic's hash, which decides its Partition for good, and the strings of topic types.</summary>
public sealed class TopicKeyTests
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    [Theory]
    [InlineData("", 0xCBF29CE484222325)]
    [InlineData("a", 0xAF63DC4C8601EC8C)]
    [InlineData("foobar", 0x85944171F73967E8)]
    public void A_types_hash_is_FNV_1a_as_its_authors_give_it(string type, ulong hash)
    {
        TopicKey.HashOf(type).ShouldBe(hash);
        TopicKey.HashOf(Encoding.UTF8.GetBytes(type)).ShouldBe(hash);
        new TopicKey(type, 1).TypeHash.ShouldBe(hash);
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(5000)]
    public void A_type_of_any_length_has_the_hash_of_its_bytes(int length)
    {
        string type = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));

        TopicKey.HashOf(type).ShouldBe(TopicKey.HashOf(Encoding.UTF8.GetBytes(type)));
    }

    [Fact]
    public void A_topics_hash_is_what_SplitMix64_makes_of_type_and_id()
    {
        // The first numbers that the generator gives from the seeds 0 and 1234567.
        new TopicKey("x", 1, 0).Hash.ShouldBe(0xE220A8397B1DCDAFUL);
        new TopicKey("x", 0, unchecked(1_234_567 + Golden)).Hash.ShouldBe(6_457_827_717_110_365_317UL);
    }

    [Fact]
    public void Topics_of_the_same_hash_are_equal_only_if_type_and_id_are()
    {
        var topic = new TopicKey("lesson", 1, 5);
        topic.ShouldBe(new TopicKey(new string("lesson"), 1, 5));

        new TopicKey("course", 1, 5).Hash.ShouldBe(topic.Hash);
        new TopicKey("course", 1, 5).ShouldNotBe(topic);

        var other = new TopicKey("lesson", 2, unchecked(5 ^ Golden ^ (2 * Golden)));
        other.Hash.ShouldBe(topic.Hash);
        other.ShouldNotBe(topic);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_Partition_has_its_even_share_of_the_range_of_hashes(int shards)
    {
        int[] topics = new int[shards];
        for (int id = 0; id < shards * 200; id++)
        {
            var topic = new TopicKey("lesson", id);
            int shard = topic.ShardOf(shards);
            shard.ShouldBe((int)decimal.Floor((topic.Hash >> 32) / 4_294_967_296m * shards), $"{id}");
            topics[shard]++;
        }

        topics.ShouldAllBe(count => count > 100 && count < 300);
    }

    [Fact]
    public void A_topic_shows_as_type_and_id_and_what_a_counter_counts_with_its_day()
    {
        new TopicKey("lesson", 9).ToString().ShouldBe("lesson/9");
        new CounterId(2, new TopicKey("lesson", 9), new DateOnly(2026, 3, 1).DayNumber).ToString().ShouldBe("lesson/9 on 2026-03-01 (page 2)");
    }

    [Fact]
    public void A_type_is_one_string_however_often_it_comes_until_the_pool_is_full()
    {
        var pool = new TopicTypePool(capacity: 2);
        TopicKey first = pool.Topic("lesson"u8, 9);
        first.ShouldBe(new TopicKey("lesson", 9));

        pool.Topic("lesson"u8, 10).Type.ShouldBeSameAs(first.Type);
        pool.Topic("课程"u8, 9).ShouldBe(new TopicKey("课程", 9));
        pool.Topic("lesson"u8, 11).Type.ShouldBeSameAs(first.Type);

        pool.Topic("course"u8, 9).ShouldBe(new TopicKey("course", 9));
        TopicKey again = pool.Topic("lesson"u8, 9);
        again.ShouldBe(first);
        again.Type.ShouldNotBeSameAs(first.Type);
    }
}
