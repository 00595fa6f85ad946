using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

public sealed class BreakdownValueTests
{
    private static readonly StreamDefinition Stream = Catalog.Default.Streams[0];

    [Fact]
    public void What_an_event_does_not_have_is_the_empty_text_and_0()
    {
        BusinessEvent @event = Event();

        Values(@event).ShouldBe(["parent=:0", "channel=", "qr-code="]);
    }

    [Fact]
    public void Each_breakdown_has_the_value_of_its_own_field()
    {
        BusinessEvent @event = Event();
        @event.SetText(EventText.ParentTopicType, "课程:a"u8);
        @event.ParentTopicId = 7;
        @event.SetText(EventText.ChannelType, "h5"u8);
        @event.SetText(EventText.QrCode, "q-1"u8);

        Values(@event).ShouldBe(["parent=课程:a:7", "channel=h5", "qr-code=q-1"]);
    }

    [Theory]
    [InlineData(Breakdown.Parent, EventText.ParentTopicType, 64)]
    [InlineData(Breakdown.Channel, EventText.ChannelType, 128)]
    [InlineData(Breakdown.QrCode, EventText.QrCode, 128)]
    public void A_text_beyond_its_column_is_cut_by_code_points(Breakdown breakdown, int text, int most)
    {
        BusinessEvent @event = Event();
        string bears = string.Concat(Enumerable.Repeat("🐻", most - 1)) + "ab";
        @event.SetText(text, Encoding.UTF8.GetBytes(bears));

        BreakdownValue.Of(breakdown, @event).Text.ShouldBe(bears[..^1]);
        BreakdownValue.Of(breakdown, bears).Text.ShouldBe(bears[..^1]);
    }

    [Fact]
    public void A_NUL_or_a_lone_surrogate_becomes_one_replacement_character()
    {
        BusinessEvent @event = Event();

        // In the journal's bytes an unpaired surrogate is three, and U+D7FF, whose first byte is the same, none.
        @event.SetText(EventText.ChannelType, [(byte)'a', 0, 0xED, 0xA0, 0x80, (byte)'b', 0xED, 0xBF, 0xBF, 0xED, 0x9F, 0xBF]);

        BreakdownValue.Of(Breakdown.Channel, @event).Text.ShouldBe("a\uFFFD\uFFFDb\uFFFD\uD7FF");
        BreakdownValue.Of(Breakdown.Channel, "a\0\uD800b\uDFFF\uD7FF").ShouldBe(BreakdownValue.Of(Breakdown.Channel, @event));
    }

    [Theory]
    [InlineData("parent=ACTIVITY:7")]
    [InlineData("parent=a:b:-7")]
    [InlineData("parent=:0")]
    [InlineData("channel=")]
    [InlineData("channel=a=b")]
    [InlineData("qr-code=q:1")]
    public void A_value_is_read_as_it_is_written(string text) => BreakdownValue.Parse(text)!.Value.ToString().ShouldBe(text);

    [Theory]
    [InlineData("")]
    [InlineData("channel")]
    [InlineData("parent=")]
    [InlineData("parent=ACTIVITY")]
    [InlineData("parent=ACTIVITY:x")]
    [InlineData("code=1")]
    [InlineData("Channel=a")]
    public void What_is_no_value_is_refused(string text) => BreakdownValue.Parse(text).ShouldBeNull();

    private static BusinessEvent Event()
    {
        var @event = new BusinessEvent();
        @event.Reset(Stream);
        return @event;
    }

    private static string[] Values(BusinessEvent @event) =>
        [.. Enum.GetValues<Breakdown>().Select(breakdown => BreakdownValue.Of(breakdown, @event).ToString())];
}
