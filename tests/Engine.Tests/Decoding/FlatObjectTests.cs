using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>The short way of reading: what it takes, and what it leaves to the reader of all JSON.</summary>
public sealed class FlatObjectTests
{
    private static readonly StreamDefinition Stream = StreamDecoder.Stream("act.share");

    private readonly FieldNames _names = new(Stream.Fields);
    private readonly MessageFields _fields = new(Stream);

    [Theory]
    [InlineData("""{"qrCode":"q","wuId":7}""", "qrCode=q wuId=7")]
    [InlineData(" \n\r\t{ \t\"qrCode\"\r:\n \"q\" ,\t\n\"wuId\" : 7 } \r\n", "qrCode=q wuId=7")]
    [InlineData("""{"wuId":7,"qrCode":"q","sessionStr":"s"}""", "sessionStr=s qrCode=q wuId=7")]
    [InlineData("""{"wuId":null,"qrCode":null,"topicId":1}""", "topicId=1")]
    [InlineData("""{"wuId":7,"wuId":null}""", "")]
    [InlineData("""{"qrCode":"","topicId":0}""", "topicId=0")]
    [InlineData("""{"ctime":-1234567890}""", "ctime=-1234567890")]
    [InlineData("""{"ctime":9223372036854775807}""", "ctime=9223372036854775807")]
    [InlineData("""{"topicId":-0}""", "topicId=0")]
    [InlineData("""{"topicId":90}""", "topicId=90")]
    [InlineData("""{"qrCode":33}""", "qrCode=33")]
    [InlineData("""{"x":1,"":"y","a longer name than any field has":null,"wuId":"7"}""", "wuId=7")]
    [InlineData("""{"qrCode":"中 {}[]:,'/"}""", "qrCode=中 {}[]:,'/")]
    [InlineData("""{"wuId":1,"wuId":2}""", "wuId=2")]
    public void An_object_of_plain_values_is_taken(string json, string says)
    {
        FlatObject.TryRead(Encoding.UTF8.GetBytes(json), _names, _fields).ShouldBeTrue();

        Said().ShouldBe(says);
        _fields.Wrong.ShouldBe(0UL);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("\"wuId\":7}")]
    [InlineData("[\"wuId\":7}")]
    [InlineData("{\"wuId\":7")]
    [InlineData("{\"wuId\":7]")]
    [InlineData("{\"wuId\":7}}")]
    [InlineData("{\"wuId\":7} x")]
    [InlineData("{\"wuId\":7,}")]
    [InlineData("{\"wuId\":7;\"topicId\":1}")]
    [InlineData("{\"wuId\":7 \"topicId\":1}")]
    [InlineData("{,\"wuId\":7}")]
    [InlineData("{wuId:7}")]
    [InlineData("{\"wuId\"7}")]
    [InlineData("{\"wuId\" 7}")]
    [InlineData("{\"wuId\"")]
    [InlineData("{\"wuId")]
    [InlineData("{\"wuId\":")]
    [InlineData("{\"wuId\":}")]
    [InlineData("{\"wuId\":-}")]
    [InlineData("{\"wuId\":-")]
    [InlineData("{\"wuId\":+7}")]
    [InlineData("{\"wuId\":07}")]
    [InlineData("{\"wuId\":-07}")]
    [InlineData("{\"wuId\":00}")]
    [InlineData("{\"wuId\":7.0}")]
    [InlineData("{\"wuId\":7e1}")]
    [InlineData("{\"wuId\":7:}")]
    [InlineData("{\"wuId\":true}")]
    [InlineData("{\"wuId\":nul}")]
    [InlineData("{\"wuId\":nulL}")]
    [InlineData("{\"wuId\":nullx}")]
    [InlineData("{\"wuId\":[7]}")]
    [InlineData("{\"x\":{}}")]
    [InlineData("{\"qrCode\":\"q")]
    [InlineData("{\"qrCode\":\"\\n\"}")]
    [InlineData("{\"qrCode\":\"\\\"\"}")]
    [InlineData("{\"qr\\u0043ode\":\"q\"}")]
    [InlineData("{\"qrCode\":\"a\nb\"}")]
    [InlineData("{\"qrCode\":\"\u001f\"}")]
    [InlineData("{\"qrCode\":\"\0\"}")]
    [InlineData("\v{\"wuId\":7}")]
    [InlineData("{\"wuId\":7}\f")]
    [InlineData("\uFEFF{\"wuId\":7}")]
    public void Whatever_else_comes_is_left(string json) =>
        FlatObject.TryRead(Encoding.UTF8.GetBytes(json), _names, _fields).ShouldBeFalse();

    [Fact]
    public void A_value_that_its_field_cannot_have_is_taken_and_judged_later()
    {
        FlatObject.TryRead("""{"wuId":-1,"topicId":"x"}"""u8, _names, _fields).ShouldBeTrue();

        (_fields.ErrorOf(CommonField.WuId), _fields.ErrorOf(CommonField.TopicId)).ShouldBe((FieldError.OutOfRange, FieldError.NotAnInteger));
    }

    [Fact]
    public void A_name_is_found_whatever_was_guessed()
    {
        for (int slot = 0; slot < Stream.Fields.Length; slot++)
        {
            byte[] name = Encoding.UTF8.GetBytes(Stream.Fields[slot].Name);
            foreach (int guess in new[] { -1, 0, slot, slot + 1, 8, 1000, int.MaxValue })
            {
                _names.Find(name, guess).ShouldBe(slot);
                _names.Find([.. name, (byte)'x'], guess).ShouldBe(-1);
            }
        }

        _names.Find("parentTopicTypes"u8, escaped: false).ShouldBe(-1);
        _names.Find([], escaped: false).ShouldBe(-1);
        _names.Find("\\u0070arentTopicType"u8, escaped: true).ShouldBe(CommonField.ParentTopicType);
        _names.Find(Encoding.ASCII.GetBytes(string.Concat("parentTopicType".Select(c => $"\\u{(int)c:x4}"))), escaped: true).ShouldBe(CommonField.ParentTopicType);
        _names.Find(Encoding.ASCII.GetBytes(new string('x', 200) + "\\n"), escaped: true).ShouldBe(-1);
    }

    private string Said() => string.Join(' ', Stream.Fields.Select((field, slot) => (field, slot)).Where(x => _fields.Has(x.slot)).Select(x =>
        $"{x.field.Name}={(x.field.Kind == FieldKind.Text ? Encoding.UTF8.GetString(_fields.Text(x.slot)) : _fields.Integer(x.slot))}"));
}
