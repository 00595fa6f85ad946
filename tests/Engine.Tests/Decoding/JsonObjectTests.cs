using System.Text;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

public class JsonObjectTests
{
    private readonly StreamDecoder _share = new("act.share");

    [Fact]
    public void All_common_fields_are_read()
    {
        _share.Accepts("""
            {"sessionStr":"s1","parentTopicType":"p","parentTopicId":7,"topicType":"t","topicId":5,"qrCode":"q",
             "wuId":9,"channelType":"c","ctime":1717171717171}
            """);

        _share.Text("sessionStr").ShouldBe("s1");
        _share.Text("parentTopicType").ShouldBe("p");
        _share.Integer("parentTopicId").ShouldBe(7);
        _share.Text("topicType").ShouldBe("t");
        _share.Integer("topicId").ShouldBe(5);
        _share.Text("qrCode").ShouldBe("q");
        _share.Integer("wuId").ShouldBe(9);
        _share.Text("channelType").ShouldBe("c");
        _share.Integer("ctime").ShouldBe(1717171717171);
    }

    [Fact]
    public void Optional_fields_may_be_left_out()
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}}}""");

        foreach (string field in new[] { "parentTopicType", "parentTopicId", "qrCode", "wuId", "channelType", "ctime" })
        {
            _share.Has(field).ShouldBeFalse(field);
            _share.Integer(field).ShouldBe(0);
            _share.Text(field).ShouldBe("");
        }
    }

    [Theory]
    [InlineData("\"qrCode\":null")]
    [InlineData("\"qrCode\":\"\"")]
    [InlineData("\"wuId\":null")]
    [InlineData("\"wuId\":\"\"")]
    [InlineData("\"wuId\":0")]
    [InlineData("\"wuId\":\"0\"")]
    [InlineData("\"wuId\":-0")]
    [InlineData("\"ctime\":null")]
    [InlineData("\"ctime\":\"\"")]
    [InlineData("\"ctime\":0")]
    [InlineData("\"parentTopicId\":\"\"")]
    public void Null_empty_and_the_zero_of_wuId_and_ctime_say_nothing(string field)
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},{{field}}}""");

        _share.Has(field.Split('"')[1]).ShouldBeFalse();
    }

    [Fact]
    public void Zero_is_a_value_of_other_integers()
    {
        _share.Accepts("""{"sessionStr":"s","topicType":"t","topicId":0,"parentTopicId":"0"}""");

        _share.Has("topicId").ShouldBeTrue();
        _share.Has("parentTopicId").ShouldBeTrue();
    }

    [Fact]
    public void Nothing_is_left_of_the_message_before()
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},"wuId":3,"qrCode":"q"}""");
        _share.Accepts($$"""{{{StreamDecoder.Required}}}""");

        _share.Has("wuId").ShouldBeFalse();
        _share.Text("qrCode").ShouldBe("");
    }

    [Theory]
    [InlineData("33", "33")]
    [InlineData("-1.50e3", "-1.50e3")]
    [InlineData("0", "0")]
    [InlineData("\"a\\u0062\\n\\\"\\\\\\/\\t\"", "ab\n\"\\/\t")]
    [InlineData("\"\\u4e2d\\uD83D\\ude00\"", "中😀")]
    [InlineData("\"中😀\"", "中😀")]
    [InlineData("\" \"", " ")]
    public void A_text_is_unescaped_and_a_number_is_its_text(string value, string expected)
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},"qrCode":{{value}}}""").Text("qrCode").ShouldBe(expected);
    }

    [Theory]
    [InlineData("\\uD800", "EDA080")]
    [InlineData("\\uDE00\\uD83D", "EDB880EDA0BD")]
    [InlineData("x\\uD83Dy", "78EDA0BD79")]
    [InlineData("\\uD83D\\uD83D\\uDE00", "EDA0BDF09F9880")]
    [InlineData("\\u0000", "00")]
    public void A_lone_surrogate_is_kept_where_it_is_not_forbidden(string escaped, string hex)
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},"qrCode":"{{escaped}}"}""");

        Convert.ToHexString(_share.Bytes("qrCode")).ShouldBe(hex);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"a":[1,{"b":null}]}""")]
    [InlineData("[\"5\"]")]
    public void A_boolean_object_or_array_is_refused_in_every_field(string value)
    {
        foreach (string field in new[] { "sessionStr", "parentTopicType", "parentTopicId", "topicType", "topicId", "qrCode", "wuId", "channelType", "ctime" })
        {
            Rejection rejection = _share.Rejects(RejectReason.BadField, $$"""{{{StreamDecoder.Required}},"{{field}}":{{value}}}""");
            rejection.Error.ShouldContain(field);
            rejection.Error.ShouldContain(value);
        }
    }

    [Fact]
    public void Unknown_fields_are_ignored_whatever_they_hold()
    {
        _share.Accepts($$"""{"a":true,"b":{"topicId":9,"x":[1,2,{}]},{{StreamDecoder.Required}},"c":[[]],"":1,"wuid":"x","\ud800":null}""");

        _share.Integer("topicId").ShouldBe(5);
    }

    [Fact]
    public void Names_are_case_sensitive()
    {
        _share.Rejects(RejectReason.MissingField, """{"sessionStr":"s","topicType":"t","TopicId":5}""").Error.ShouldContain("topicId");
    }

    [Fact]
    public void Names_are_compared_after_their_escapes()
    {
        _share.Accepts("""{"session\u0053tr":"s","\u0074opicType":"t","topicId":1,"topic\u0049\u0064":5}""");

        _share.Integer("topicId").ShouldBe(5);
    }

    [Theory]
    [InlineData("\"wuId\":1,\"wuId\":2", 2)]
    [InlineData("\"wuId\":true,\"wuId\":2", 2)]
    [InlineData("\"wuId\":-1,\"wuId\":\"2\"", 2)]
    [InlineData("\"wuId\":{},\"wuId\":null", 0)]
    [InlineData("\"wuId\":1,\"wuId\":\"\"", 0)]
    [InlineData("\"wuId\":7,\"wuId\":0", 0)]
    [InlineData("\"wuId\":33.0,\"wuId\":null,\"wuId\":4", 4)]
    public void Of_a_repeated_field_the_last_stands(string fields, long expected)
    {
        _share.Accepts($$"""{{{StreamDecoder.Required}},{{fields}}}""");

        _share.Integer("wuId").ShouldBe(expected);
        _share.Has("wuId").ShouldBe(expected != 0);
    }

    [Theory]
    [InlineData("\"wuId\":1,\"wuId\":true", RejectReason.BadField)]
    [InlineData("\"wuId\":1,\"wuId\":-2", RejectReason.OutOfRange)]
    [InlineData("\"topicId\":null", RejectReason.MissingField)]
    [InlineData("\"topicType\":\"\"", RejectReason.MissingField)]
    public void A_last_value_that_is_bad_is_refused_though_an_earlier_was_good(string fields, string reason)
    {
        _share.Rejects(reason, $$"""{{{StreamDecoder.Required}},{{fields}}}""");
    }

    [Fact]
    public void A_repeated_text_that_was_too_long_first_is_accepted()
    {
        _share.Accepts($$"""{"topicType":"{{new string('x', 65)}}",{{StreamDecoder.Required}}}""").Text("topicType").ShouldBe("t");
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Nesting_is_read_up_to_64(int depth, bool accepted)
    {
        // The object itself is one level.
        string nested = new string('[', depth - 1) + new string(']', depth - 1);
        string objects = string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "1" + new string('}', depth - 1);
        foreach (string body in new[] { $$"""{{{StreamDecoder.Required}},"x":{{nested}}}""", $$"""{"x":{{objects}},{{StreamDecoder.Required}}}""" })
        {
            (_share.Decode(body) is null).ShouldBe(accepted);
            (_share.Decode(System.Text.Json.JsonSerializer.Serialize(body)) is null).ShouldBe(accepted);
        }
    }

    [Fact]
    public void Nesting_beyond_64_is_refused_in_a_field_that_is_repeated_well()
    {
        string nested = new string('[', 64) + new string(']', 64);

        _share.Rejects(RejectReason.Unreadable, $$"""{"wuId":{{nested}},{{StreamDecoder.Required}},"wuId":1}""");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("{} {}")]
    [InlineData("{},")]
    [InlineData("[]")]
    [InlineData("[{\"topicId\":5}]")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("33")]
    [InlineData("\"33\"")]
    [InlineData("\"\"")]
    [InlineData("abc")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1 /* c */}")]
    [InlineData("// c\n{}")]
    [InlineData("{'a':1}")]
    [InlineData("{a:1}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"a\":+1}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":\"\\q\"}")]
    [InlineData("{\"a\":\"\\u12G4\"}")]
    [InlineData("{\"a\":\"x\ny\"}")]
    [InlineData("{\"a\":\"\u0001\"}")]
    [InlineData("{\"a\"}")]
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\":1 \"b\":2}")]
    [InlineData("{\"topicId\":+5}")]
    [InlineData("{\"topicId\":05}")]
    [InlineData("\"[]\"")]
    [InlineData("\"{}x\"")]
    [InlineData("\"\\\"{}\\\"\"")]
    [InlineData("\"{\\\"a\\\":\\\"\\u0000\\\"}\"")]
    [InlineData("\"{}\" x")]
    [InlineData("\"{}")]
    public void What_is_not_one_JSON_object_is_unreadable(string body)
    {
        _share.Rejects(RejectReason.Unreadable, body);
        _share.Rejects(RejectReason.Unreadable, body, "text/plain");
        _share.Rejects(RejectReason.Unreadable, body, contentType: null);
    }

    [Fact]
    public void A_fault_after_the_fields_were_read_refuses_the_message_all_the_same()
    {
        _share.Rejects(RejectReason.Unreadable, $$"""{{{StreamDecoder.Required}},"a":[1,}""").Error.ShouldContain("byte");
        _share.Rejects(RejectReason.Unreadable, "{" + StreamDecoder.Required + "}}");
        _share.Rejects(RejectReason.Unreadable, $$"""{{{StreamDecoder.Required}}} 5""");
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("C080")]
    [InlineData("EDA0BD")]
    [InlineData("EDA0BDEDB880")]
    [InlineData("F8888080")]
    [InlineData("E4B8")]
    [InlineData("F4908080")]
    public void What_is_not_UTF_8_is_unreadable_even_in_an_unknown_field(string hex)
    {
        byte[] body = [.. Encoding.UTF8.GetBytes($$"""{{{StreamDecoder.Required}},"x":" """), .. Convert.FromHexString(hex), .. "\"}"u8];

        _share.Rejects(RejectReason.Unreadable, body, StreamDecoder.Json).Error.ShouldContain("UTF-8");
    }

    [Fact]
    public void A_byte_order_mark_and_whitespace_are_skipped()
    {
        _share.Accepts("\uFEFF{" + StreamDecoder.Required + "}");
        _share.Accepts("\uFEFF \t\r\n{ " + StreamDecoder.Required + " } \r\n\t");
        _share.Accepts("\uFEFF{" + StreamDecoder.Required + "}", "text/plain");
        _share.Accepts("\uFEFF{" + StreamDecoder.Required + "}", contentType: null);
        _share.Rejects(RejectReason.Unreadable, "\uFEFF\uFEFF{" + StreamDecoder.Required + "}");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\uFEFF")]
    public void A_JSON_string_that_holds_an_object_is_read_as_that_object(string before)
    {
        string inner = before + "{" + StreamDecoder.Required + ",\"qrCode\":\"é\\\"\\uD83D\\uDE00\"} ";
        string body = System.Text.Json.JsonSerializer.Serialize(inner);

        foreach (string? type in new[] { StreamDecoder.Json, "text/plain", null })
        {
            _share.Accepts(body, type).Text("qrCode").ShouldBe("é\"😀");
            _share.Accepts(" " + body + "\n", type).Integer("topicId").ShouldBe(5);
        }
    }

    [Fact]
    public void A_JSON_string_in_a_JSON_string_is_not_unwrapped_again()
    {
        string twice = System.Text.Json.JsonSerializer.Serialize(System.Text.Json.JsonSerializer.Serialize("{" + StreamDecoder.Required + "}"));

        _share.Rejects(RejectReason.Unreadable, twice);
    }

    [Fact]
    public void A_wrapped_object_is_judged_like_a_bare_one()
    {
        _share.Rejects(RejectReason.MissingField, "\"{}\"").Error.ShouldContain("sessionStr");
        _share.Rejects(RejectReason.BadField, """ "{\"sessionStr\":\"s\",\"topicType\":\"t\",\"topicId\":true}" """).Error.ShouldContain("topicId");
    }

    [Fact]
    public void The_limit_is_the_largest_body_that_is_read()
    {
        string body = "{" + StreamDecoder.Required + "}";
        var exact = new StreamDecoder("act.share", body.Length);

        exact.Accepts(body);
        exact.Rejects(RejectReason.TooLarge, body + " ").Error.ShouldContain((body.Length + 1).ToString());
        exact.Rejects(RejectReason.TooLarge, body + " ", "image/png");
    }

    [Fact]
    public void A_body_of_64_KiB_is_read()
    {
        string body = "{" + StreamDecoder.Required + ",\"qrCode\":\"";
        string padded = body + new string('q', StreamDecoder.DefaultMaxBodyBytes - body.Length - 2) + "\"}";

        _share.Accepts(padded).Bytes("qrCode").Length.ShouldBe(StreamDecoder.DefaultMaxBodyBytes - body.Length - 2);
        _share.Rejects(RejectReason.TooLarge, padded + " ");
    }

    [Fact]
    public void Fields_of_another_stream_are_a_bug_of_the_caller()
    {
        var decoder = new DataLoad.Engine.Decoding.BodyDecoder(StreamDecoder.Stream("act.share"), 100);

        Should.Throw<ArgumentException>(() => decoder.Decode(null, null, default, new StreamDecoder("act.buy").Fields));
    }
}
