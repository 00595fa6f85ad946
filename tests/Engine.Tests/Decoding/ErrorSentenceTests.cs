using System.Collections.Immutable;
using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>What a dead letter says of its message: the sentence is all that whoever sent it has to go by.</summary>
public sealed class ErrorSentenceTests
{
    [Theory]
    [InlineData("act.share", "", "The body is empty; expected a JSON object.")]
    [InlineData("act.buy", " \r\n", "The body is empty; expected a JSON object, or a bare 'recordId'.")]
    [InlineData("act.share", "33", "The body is '33'; stream 'act.share' expects a JSON object.")]
    [InlineData("act.share", " [1, 2] ", "The body is '[1, 2]'; stream 'act.share' expects a JSON object.")]
    [InlineData("act.buy", "true", "The body is 'true'; stream 'act.buy' expects a JSON object, or a bare 'recordId'.")]
    [InlineData("act.share", "\"33\"", "The body is the JSON string '33'; stream 'act.share' expects a JSON object.")]
    public void A_body_that_is_no_object(string stream, string body, string error) =>
        new StreamDecoder(stream).Rejects(RejectReason.Unreadable, body).Error.ShouldBe(error);

    [Theory]
    [InlineData("{\"a\":1,}", "The body is not valid JSON at byte 7 of 8, near '{\"a\":1,}': ")]
    [InlineData("{\n\"a\":1,\n\"b\":x}", "The body is not valid JSON at byte 13 of 15, near '{\\u000A\"a\":1,\\u000A\"b\":x}': 'x' is an invalid start of a value.")]
    [InlineData("\"{\\\"a\\\":y}\"", "The text in the body's JSON string is not valid JSON at byte 5 of 7, near '{\"a\":y}': 'y' is an invalid start of a value.")]
    [InlineData("{\"a\":\"中中中中中中中中中中\",\"b\":z,\"c\":\"中中中中中中中中中中\"}", "', near '中中中中中\",\"b\":z,\"c\":\"中中中中中': 'z' is an invalid start of a value.")]
    public void A_body_that_is_no_JSON_is_shown_where_it_breaks_off(string body, string error)
    {
        string said = new StreamDecoder("act.share").Rejects(RejectReason.Unreadable, body).Error;

        said.ShouldContain(error.StartsWith('\'') ? error[1..] : error);
        said.ShouldNotContain("LineNumber");
        said.ShouldNotContain("\\x");
    }

    [Fact]
    public void What_the_reader_quotes_is_cut()
    {
        string error = new StreamDecoder("act.share").Rejects(RejectReason.Unreadable, "{\"a\":nul" + new string('q', 300) + "}").Error;

        error.ShouldStartWith("The body is not valid JSON at byte 8 of 309, near '{\"a\":nulqqqqqqqqqqqqqqqqqqqq': 'nulqqq");
        error.ShouldEndWith("…' is an invalid JSON literal. Expected the literal 'null'.");
    }

    [Theory]
    [InlineData("7BFF7D", "The body is not UTF-8 at byte 1 of 3: '\\xFF}'.")]
    [InlineData("E4B8ADE4B8", "The body is not UTF-8 at byte 3 of 5: '\\xE4\\xB8'.")]
    [InlineData("C3A961F08080", "The body is not UTF-8 at byte 3 of 6: '\\xF0\\x80\\x80'.")]
    public void A_body_that_is_no_UTF_8(string hex, string error) =>
        new StreamDecoder("act.share").Rejects(RejectReason.Unreadable, Convert.FromHexString(hex), StreamDecoder.Json).Error.ShouldBe(error);

    [Fact]
    public void A_body_that_Java_wrote()
    {
        var share = new StreamDecoder("act.share");
        Unreadable(Convert.FromHexString("ACED000570")).ShouldBe(
            "The body of 5 bytes, 'ACED000570', is not what Java writes for an Integer, a Long or a String; nothing else is read.");
        Unreadable([0xAC, 0xED, .. new byte[100]]).ShouldStartWith($"The body of 102 bytes, 'ACED{new string('0', 56)}', is not");
        Unreadable(Convert.FromHexString(JavaBodyTests.Integer33)).ShouldBe("The body is the Java number 33; stream 'act.share' expects a JSON object.");
        Unreadable(JavaBodyTests.JavaString([])).ShouldBe("The body is empty; expected a JSON object.");
        Unreadable(JavaBodyTests.JavaLongString([])).ShouldBe("The body is empty; expected a JSON object.");
        Unreadable(JavaBodyTests.JavaString([(byte)'{', 0xC3, (byte)'}'])).ShouldBe("The Java String in the body is malformed at byte 1 of 3: '\\xC3}'.");

        string Unreadable(byte[] body) => share.Rejects(RejectReason.Unreadable, body, StreamDecoder.Java).Error;
    }

    [Theory]
    [InlineData("\"wuId\":-1", RejectReason.OutOfRange, "Field 'wuId' is '-1'; expected an integer from 0 to 2147483647.")]
    [InlineData("\"wuId\":\"x\"", RejectReason.BadField, "Field 'wuId' is 'x'; expected an integer: digits, perhaps signed.")]
    [InlineData("\"wuId\":[1 ]", RejectReason.BadField, "Field 'wuId' is '[1 ]'; expected an integer.")]
    [InlineData("\"wuId\":[\"\\u0041\"]", RejectReason.BadField, "Field 'wuId' is '[\"\\u0041\"]'; expected an integer.")]
    [InlineData("\"qrCode\":true", RejectReason.BadField, "Field 'qrCode' is 'true'; expected a string.")]
    [InlineData("\"ctime\":9223372036854775808", RejectReason.OutOfRange,
        "Field 'ctime' is '9223372036854775808'; expected an integer from -9223372036854775808 to 9223372036854775807.")]
    [InlineData("\"joinType\":0", RejectReason.BadJoinType, "Field 'joinType' is 0; expected one of 1, 2, 3.")]
    [InlineData("\"joinType\":-2147483649", RejectReason.OutOfRange, "Field 'joinType' is '-2147483649'; expected an integer from -2147483648 to 2147483647.")]
    [InlineData("\"joinType\":null", RejectReason.MissingField,
        "Field 'joinType' is missing (absent, null or empty); a message of stream 'act.group' must have it.")]
    [InlineData("\"wuId\":0", RejectReason.MissingField,
        "Field 'wuId' is missing (absent, null, empty or 0); a message of stream 'act.group' must have it.")]
    [InlineData("\"topicType\":\"a\\u0000\"", RejectReason.OutOfRange, "Field 'topicType' is 'a\\u0000'; expected no NUL character in it.")]
    [InlineData("\"topicType\":\"a\\uD800\"", RejectReason.OutOfRange, "Field 'topicType' is 'a\\uD800'; expected no lone surrogate in it.")]
    [InlineData("\"topicType\":\"0123456789012345678901234567890123456789012345678901234567890123中\"", RejectReason.OutOfRange,
        "Field 'topicType' is '012345678901234567890123456789012345678901234567890123456789…'; expected at most 64 characters, not 65.")]
    public void A_field_that_is_wrong_or_missing(string field, string reason, string error) =>
        new StreamDecoder("act.group").Rejects(reason, $$"""{{{StreamDecoder.Required}},"wuId":1,"joinType":1,{{field}}}""").Error.ShouldBe(error);

    [Theory]
    [InlineData("image/png", null, "The content type is 'image/png'; expected application/json, any +json, text/plain, application/x-java-serialized-object, or none.")]
    [InlineData("text/a b+json", null, "The content type is 'text/a b+json'; expected application/json, any +json, text/plain, application/x-java-serialized-object, or none.")]
    [InlineData("text/plain; x; charset=\"g\\bk\"", null, "The content type 'text/plain; x; charset=\"g\\bk\"' has the charset 'gbk'; expected UTF-8 or US-ASCII.")]
    [InlineData("text/plain; charset=\"gbk\\", null, "The content type 'text/plain; charset=\"gbk\\' has the charset 'gbk\\'; expected UTF-8 or US-ASCII.")]
    [InlineData("text/plain", " gzip ", "The content encoding is 'gzip'; expected none, UTF-8 or US-ASCII.")]
    public void A_type_or_encoding_that_is_not_read(string type, string? encoding, string error) =>
        new StreamDecoder("act.share").Rejects(RejectReason.ContentType, "{}", type, encoding).Error.ShouldBe(error);

    [Theory]
    [InlineData("text/plain; charset=ascii", ContentKind.Text)]
    [InlineData("a/b+json", ContentKind.Json)]
    [InlineData("application/json;;charset=utf-8", ContentKind.Json)]
    [InlineData("application/octet-stream", ContentKind.Undeclared)]
    [InlineData(null, ContentKind.Undeclared)]
    internal void A_type_that_is_read(string? type, ContentKind kind)
    {
        var cache = new ContentTypeCache();

        MediaType.Classify(type, null, out string? error).ShouldBe(kind);
        error.ShouldBeNull();
        cache.KindOf(type, null).ShouldBe(kind);
        cache.KindOf("text/plain", null).ShouldBe(ContentKind.Text);
        cache.KindOf("text/plain", "gzip").ShouldBe(ContentKind.Refused);
        cache.KindOf(type, null).ShouldBe(kind);
    }

    [Fact]
    public void A_stream_has_64_fields_at_the_most()
    {
        StreamDefinition Of(int fields) => new()
        {
            Id = 200,
            Name = "x",
            Exchange = "e",
            Queue = "q",
            Page = "p",
            OwnFields = [.. Enumerable.Range(CommonField.Count, fields - CommonField.Count).Select(i => new MessageField($"f{i}", FieldKind.Int32))],
            Contributions = ImmutableArray<Contribution>.Empty,
        };

        StreamDefinition most = Of(64);
        var fields = new MessageFields(most);
        new BodyDecoder(most, 1000).Decode(null, null, Encoding.UTF8.GetBytes($$"""{{{StreamDecoder.Required}},"f63":7}"""), fields).ShouldBeNull();
        fields.Integer(63).ShouldBe(7);

        Should.Throw<ArgumentException>(() => new MessageFields(Of(65))).Message.ShouldStartWith("Stream 'x' declares 65 fields; at most 64 are supported.");
    }
}
