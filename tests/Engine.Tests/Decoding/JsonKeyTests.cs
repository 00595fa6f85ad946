using DataLoad.Engine.Decoding;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

public class JsonKeyTests
{
    [Theory]
    [InlineData("""{"orderId":7}""", 7)]
    [InlineData("""{"orderId":"7"}""", 7)]
    [InlineData("""{"orderId":"+007"}""", 7)]
    [InlineData("""{"orderId":0}""", 0)]
    [InlineData("""{"orderId":2147483647}""", int.MaxValue)]
    [InlineData("""{"order\u0049d":"\u0037"}""", 7)]
    [InlineData("""{"a":{"orderId":1},"orderId":7,"b":["orderId",2],"\ud800":1}""", 7)]
    [InlineData("""{"orderId":1,"orderId":7}""", 7)]
    [InlineData("""{"orderId":true,"orderId":7}""", 7)]
    [InlineData("""{"orderId":-1,"orderId":7,"OrderId":8}""", 7)]
    [InlineData("\uFEFF {\"名\":\"中😀\",\"orderId\":7} \n", 7)]
    public void The_key_is_read(string json, int expected)
    {
        JsonKey.TryRead(json, "orderId", out int key, out string? error).ShouldBeTrue(error);

        key.ShouldBe(expected);
        error.ShouldBeNull();
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("  ", "empty")]
    [InlineData("{}", "missing")]
    [InlineData("""{"orderId":null}""", "missing")]
    [InlineData("""{"orderId":""}""", "missing")]
    [InlineData("""{"orderId":7,"orderId":null}""", "missing")]
    [InlineData("""{"orderid":7}""", "missing")]
    [InlineData("""{"orderId":33.0}""", "'33.0'")]
    [InlineData("""{"orderId":1e3}""", "'1e3'")]
    [InlineData("""{"orderId":" 7"}""", "' 7'", true)]
    [InlineData("""{"orderId":"x"}""", "x")]
    [InlineData("""{"orderId":true}""", "'true'")]
    [InlineData("""{"orderId":{"a":1}}""", """'{"a":1}'""")]
    [InlineData("""{"orderId":7,"orderId":[]}""", "'[]'")]
    [InlineData("""{"orderId":-7}""", "'-7'")]
    [InlineData("""{"orderId":2147483648}""", "'2147483648'")]
    [InlineData("""{"orderId":99999999999999999999999999}""", "'99999999999999999999999999'")]
    [InlineData("7", "'7'")]
    [InlineData("[]", "'[]'")]
    [InlineData("null", "'null'")]
    [InlineData("\"{\\\"orderId\\\":7}\"", "orderId")]
    [InlineData("""{"orderId":7""", "not valid JSON")]
    [InlineData("""{"orderId":7}x""", "not valid JSON")]
    [InlineData("""{"orderId":7,}""", "not valid JSON")]
    [InlineData("abc\u0001", "not valid JSON")]
    public void What_is_no_key_is_refused_with_a_sentence_that_names_it(string json, string expected, bool quoted = false)
    {
        JsonKey.TryRead(json, "orderId", out int key, out string? error).ShouldBeFalse();

        key.ShouldBe(0);
        error.ShouldNotBeNull().ShouldContain("orderId");
        error.ShouldContain(quoted ? expected.Trim('\'') : expected);
        error.ShouldNotContain(c => char.IsControl(c));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Nesting_is_read_up_to_64(int depth, bool accepted)
    {
        string json = "{\"orderId\":7,\"x\":" + new string('[', depth - 1) + new string(']', depth - 1) + "}";

        JsonKey.TryRead(json, "orderId", out _, out _).ShouldBe(accepted);
    }

    [Fact]
    public void Long_data_is_read_and_its_excerpt_cut()
    {
        string padding = new('中', 100_000);

        JsonKey.TryRead($$"""{"x":"{{padding}}","orderId":7}""", "orderId", out int key, out _).ShouldBeTrue();
        key.ShouldBe(7);
        JsonKey.TryRead($$"""{"x":"{{padding}}"}""", "orderId", out _, out string? error).ShouldBeFalse();
        error.ShouldNotBeNull().Length.ShouldBeLessThan(300);
    }
}
