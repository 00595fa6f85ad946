using System.Collections.Immutable;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>What a Counter and an event hold, at their limits.</summary>
public sealed class CounterTests
{
    private readonly Counter _counter = new(new CounterId(2, new TopicKey("lesson", 9), 739_675), Catalog.Default.PageNamed("act"));

    [Fact]
    public void A_sum_may_be_as_large_as_its_column_and_no_larger()
    {
        _counter.AddSum(0, Counter.MaxSum - 1);
        _counter.AddSum(0, 1);

        Should.Throw<OverflowException>(() => _counter.AddSum(0, 1));

        _counter.Value(0).ShouldBe(999_999_999_999_999_999);
    }

    [Fact]
    public void A_sum_that_would_pass_64_bits_is_refused_too()
    {
        _counter.SetState(0, long.MaxValue, null);

        Should.Throw<OverflowException>(() => _counter.AddSum(0, long.MaxValue));

        _counter.Sum(0).ShouldBe(long.MaxValue);
    }

    [Fact]
    public void What_was_adopted_is_on_top_of_what_is_in_the_set()
    {
        int users = _counter.Page.IndexOf("share_user_cnt");
        _counter.SetState(users, 100, null);

        _counter.AddId(users, 7);
        _counter.AddId(users, 7);
        _counter.AddId(users, 0);
        _counter.AddId(users, 8);

        (_counter.Value(users), _counter.Sum(users), _counter.Set(users)!.Count).ShouldBe((102, 100, 2));
        _counter.Values()[users].ShouldBe(102);
    }

    [Fact]
    public void The_memory_of_a_counter_is_its_numbers_and_its_sets()
    {
        long empty = _counter.ResidentBytes;
        empty.ShouldBeInRange(16 * _counter.Page.Metrics.Length, (16 * _counter.Page.Metrics.Length) + 800);

        int[] metrics = [_counter.Page.IndexOf("share_user_cnt"), _counter.Page.IndexOf("visit_user_cnt")];
        foreach (int metric in metrics)
        {
            for (int id = 1; id < 2000; id++)
            {
                _counter.AddId(metric, id * (metric + 7));
            }
        }

        _counter.ResidentBytes.ShouldBe(empty + metrics.Sum(metric => _counter.Set(metric)!.ResidentBytes));
    }

    [Fact]
    public void An_event_holds_texts_of_any_length_and_as_many_facts_as_its_stream_has()
    {
        var stream = new StreamDefinition
        {
            Id = 200,
            Name = "x",
            Exchange = "e",
            Queue = "q",
            Page = "p",
            Facts = [.. Enumerable.Range(0, 40).Select(i => Fact.Message($"fact{i}"))],
            Contributions = ImmutableArray<Contribution>.Empty,
        };
        byte[][] texts = [.. Enumerable.Range(0, BusinessEvent.MaxTexts).Select(i => Enumerable.Repeat((byte)i, i == 3 ? 3000 : i * 60).ToArray())];
        var @event = new BusinessEvent();
        for (int round = 0; round < 2; round++)
        {
            @event.Reset(stream);
            @event.TextBytes.ShouldBe(0);
            @event.Facts.ToArray().ShouldBe(new long[40]);
            @event.Text(4).IsEmpty.ShouldBeTrue();

            for (int i = 0; i < texts.Length; i++)
            {
                @event.SetText(i, texts[i]);
            }

            for (int i = 0; i < 40; i++)
            {
                @event.SetFact(i, -i);
            }

            @event.TextBytes.ShouldBe(texts.Sum(text => text.Length));
            for (int i = 0; i < texts.Length; i++)
            {
                @event.Text(i).ToArray().ShouldBe(texts[i]);
            }

            @event.Facts.ToArray().ShouldBe([.. Enumerable.Range(0, 40).Select(i => (long)-i)]);
        }
    }

    [Fact]
    public void An_event_that_is_reset_holds_nothing_of_the_one_before()
    {
        StreamDefinition stream = Catalog.Default.FindStream("act.share")!;
        var @event = new BusinessEvent();
        @event.Reset(stream);
        @event.Topic = new TopicKey("lesson", 9);
        (@event.TimeMs, @event.Day, @event.WuId, @event.ParentTopicId, @event.Identity) = (1, 2, 3, 4, EventId.Key(5));
        @event.SetText(EventText.QrCode, "q"u8);

        @event.Reset(stream);

        (@event.Topic, @event.TimeMs, @event.Day, @event.WuId, @event.ParentTopicId, @event.Identity).ShouldBe((default, 0, 0, 0, null, EventId.None));
        @event.Text(EventText.QrCode).IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData(IdentityKind.None, false, false)]
    [InlineData(IdentityKind.Key, true, false)]
    [InlineData(IdentityKind.Hash, true, true)]
    [InlineData(IdentityKind.Content, true, true)]
    public void An_identity_is_a_hash_or_a_key_or_none(IdentityKind kind, bool exists, bool isHash)
    {
        var identity = new EventId(kind, 7);

        (identity.Exists, identity.IsHash).ShouldBe((exists, isHash));
    }
}
