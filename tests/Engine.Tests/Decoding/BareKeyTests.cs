using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

public class BareKeyTests
{
    public static TheoryData<string> KeyStreams => [.. Catalog.Default.Streams.Where(stream => stream.BareKey is not null).Select(stream => stream.Name)];

    public static TheoryData<string> OtherStreams => [.. Catalog.Default.Streams.Where(stream => stream.BareKey is null).Select(stream => stream.Name)];

    [Theory]
    [MemberData(nameof(KeyStreams))]
    public void A_bare_key_is_read_on_a_stream_whose_body_is_one_key(string stream)
    {
        var decoding = new StreamDecoder(stream);
        string key = StreamDecoder.Stream(stream).BareKey!;
        foreach (string? type in new[] { StreamDecoder.Json, "application/vnd.x+json", "text/plain", "application/octet-stream", null })
        {
            decoding.Accepts("33", type).Integer(key).ShouldBe(33);
            decoding.Accepts("\"33\"", type).Integer(key).ShouldBe(33);
            decoding.Accepts("\"+033\"", type).Integer(key).ShouldBe(33);
            decoding.Accepts(" 33\r\n", type).Integer(key).ShouldBe(33);
            decoding.Accepts("\uFEFF33", type).Integer(key).ShouldBe(33);
            decoding.Accepts("2147483647", type).Integer(key).ShouldBe(int.MaxValue);
            decoding.Accepts("0", type).Has(key).ShouldBeTrue();
            decoding.Accepts($$"""{"{{key}}":33}""", type).Integer(key).ShouldBe(33);
            decoding.Accepts($$"""
                "{\"{{key}}\":33,\"wuId\":4}"
                """, type).Integer("wuId").ShouldBe(4);
        }
    }

    [Theory]
    [MemberData(nameof(OtherStreams))]
    public void A_bare_key_is_unreadable_on_any_other_stream(string stream)
    {
        var decoding = new StreamDecoder(stream);
        foreach (string? type in new[] { StreamDecoder.Json, "text/plain", null })
        {
            decoding.Rejects(RejectReason.Unreadable, "33", type).Error.ShouldContain("33");
            decoding.Rejects(RejectReason.Unreadable, "\"33\"", type).Error.ShouldContain("33");
        }
    }

    [Theory]
    [InlineData("+33", 33)]
    [InlineData("007", 7)]
    [InlineData("-0", 0)]
    [InlineData("\t\v\f 33 \n", 33)]
    public void A_typed_key_is_read_as_text_and_is_no_JSON(string body, long expected)
    {
        var visit = new StreamDecoder("bear.visit");
        foreach (string? type in new[] { "text/plain", "application/octet-stream", null })
        {
            visit.Accepts(body, type).Integer("userRecordId").ShouldBe(expected);
        }

        if (body is not "-0")
        {
            visit.Rejects(RejectReason.Unreadable, body);
        }
    }

    [Theory]
    [InlineData("33.0", RejectReason.BadField)]
    [InlineData("1e3", RejectReason.BadField)]
    [InlineData("\"33.0\"", RejectReason.BadField)]
    [InlineData("\"3\\\\u0033\"", RejectReason.BadField)]
    [InlineData("\" 33\"", RejectReason.BadField)]
    [InlineData("\"abc\"", RejectReason.BadField)]
    [InlineData("-33", RejectReason.OutOfRange)]
    [InlineData("\"-33\"", RejectReason.OutOfRange)]
    [InlineData("2147483648", RejectReason.OutOfRange)]
    [InlineData("99999999999999999999999999", RejectReason.OutOfRange)]
    [InlineData("\"\"", RejectReason.MissingField)]
    public void A_bad_key_is_named_with_its_field(string body, string reason)
    {
        var buy = new StreamDecoder("act.buy");
        foreach (string? type in new[] { StreamDecoder.Json, "text/plain", null })
        {
            buy.Rejects(reason, body, type).Error.ShouldContain("recordId");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\uFEFF")]
    [InlineData("[33]")]
    [InlineData("{33}")]
    [InlineData("{\"recordId\":33")]
    [InlineData("\"33\"33")]
    [InlineData("\"33")]
    public void What_is_neither_key_nor_object_is_unreadable(string body)
    {
        var buy = new StreamDecoder("act.buy");
        foreach (string? type in new[] { StreamDecoder.Json, "text/plain", null })
        {
            buy.Rejects(RejectReason.Unreadable, body, type);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("33 33")]
    [InlineData("33,")]
    [InlineData("3 3")]
    [InlineData("0x21")]
    [InlineData("３３")]
    [InlineData("33\0")]
    [InlineData("3\\u0033")]
    [InlineData("key")]
    public void Other_text_is_unreadable_as_JSON_and_a_bad_key_as_text(string body)
    {
        var buy = new StreamDecoder("act.buy");

        buy.Rejects(RejectReason.Unreadable, body);
        buy.Rejects(RejectReason.BadField, body, "text/plain").Error.ShouldContain("recordId");
        buy.Rejects(RejectReason.BadField, body, contentType: null);
    }

    [Fact]
    public void A_bare_key_leaves_nothing_of_the_message_before()
    {
        var buy = new StreamDecoder("act.buy");
        buy.Accepts("""{"recordId":1,"wuId":2,"topicType":"t"}""").Accepts("33");

        buy.Has("wuId").ShouldBeFalse();
        Encoding.UTF8.GetString(buy.Fields.Text(CommonField.TopicType)).ShouldBe("");
    }
}
