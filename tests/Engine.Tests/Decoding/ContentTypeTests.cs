using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

public class ContentTypeTests
{
    private static readonly string Body = "{" + StreamDecoder.Required + "}";
    private readonly StreamDecoder _share = new("act.share");

    [Theory]
    [InlineData("application/json")]
    [InlineData("APPLICATION/Json")]
    [InlineData(" application/json ")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json ; Charset = \"Utf-8\" ; x=y")]
    [InlineData("application/json; charset=US-ASCII")]
    [InlineData("application/json; charset='utf-8'")]
    [InlineData("application/json; charset=utf8")]
    [InlineData("application/json; x=\"a;charset=gbk\"; charset=utf-8")]
    [InlineData("application/json; x=\"a\\\";charset=gbk\"")]
    [InlineData("application/json;")]
    [InlineData("application/json; version=1")]
    [InlineData("application/json; charset=")]
    [InlineData("application/json; xcharset=gbk")]
    [InlineData("application/vnd.x+json")]
    [InlineData("application/vnd.x+JSON; charset=utf-8")]
    [InlineData("text/x+json")]
    [InlineData("text/plain")]
    [InlineData("Text/Plain; charset=\"US-ASCII\"; format=flowed")]
    [InlineData("application/octet-stream")]
    [InlineData("Application/Octet-Stream; x=y")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void A_JSON_or_text_type_is_read(string? contentType)
    {
        _share.Accepts(Body, contentType);
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("application/jsonp")]
    [InlineData("json")]
    [InlineData("+json")]
    [InlineData("application/+json")]
    [InlineData("/x+json")]
    [InlineData("application/x+json2")]
    [InlineData("text/html")]
    [InlineData("text/json")]
    [InlineData("text/plainer")]
    [InlineData("image/png; charset=utf-8")]
    [InlineData("application/x-java-serialized-objects")]
    [InlineData("application/json, text/plain")]
    [InlineData(";charset=utf-8")]
    [InlineData("application/json; charset=gbk")]
    [InlineData("application/json; charset=\"ISO-8859-1\"")]
    [InlineData("application/json;CHARSET=utf-16")]
    [InlineData("application/json; charset=utf-8; charset=gbk")]
    [InlineData("application/json; x=\"y\"; charset=gb18030")]
    [InlineData("application/vnd.x+json; charset=gbk")]
    [InlineData("text/plain; charset=iso-8859-1")]
    [InlineData("application/octet-stream; charset=gbk")]
    [InlineData("application/x-java-serialized-object; charset=gbk")]
    [InlineData("bad\u0000type\n")]
    public void Any_other_type_or_charset_is_refused(string contentType)
    {
        _share.Rejects(RejectReason.ContentType, Body, contentType);
        _share.Rejects(RejectReason.ContentType, Body, contentType);
    }

    [Theory]
    [InlineData("application/json; charset=gbk", "gbk")]
    [InlineData("image/png", "image/png")]
    public void The_error_names_what_was_declared(string contentType, string expected)
    {
        _share.Rejects(RejectReason.ContentType, Body, contentType).Error.ShouldContain(expected);
    }

    [Theory]
    [InlineData("UTF-8")]
    [InlineData("utf-8")]
    [InlineData("US-ASCII")]
    [InlineData("us-ascii")]
    [InlineData("")]
    [InlineData(null)]
    public void The_encoding_may_be_the_charset_that_Spring_puts_there(string? encoding)
    {
        foreach (string? type in new[] { StreamDecoder.Json, "text/plain", null })
        {
            _share.Accepts(Body, type, encoding);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("GBK")]
    [InlineData("iso-8859-1")]
    [InlineData("utf-16")]
    [InlineData("identity")]
    [InlineData("gzip, UTF-8")]
    [InlineData("UTF-8:gzip")]
    public void Any_other_encoding_is_refused_whatever_the_type(string encoding)
    {
        foreach (string? type in new[] { StreamDecoder.Json, "text/plain", StreamDecoder.Java, null })
        {
            _share.Rejects(RejectReason.ContentType, Body, type, encoding).Error.ShouldContain(encoding);
        }
    }

    [Fact]
    public void More_types_than_are_remembered_are_read_all_the_same()
    {
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 40; i++)
            {
                _share.Accepts(Body, $"application/v{i}+json");
                _share.Rejects(RejectReason.ContentType, Body, $"application/v{i}+xml");
                _share.Rejects(RejectReason.ContentType, Body, $"application/v{i}+json", "gzip");
            }
        }
    }
}
