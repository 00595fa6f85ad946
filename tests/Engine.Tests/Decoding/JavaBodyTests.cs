using System.Buffers.Binary;
using System.Text;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>The constants are what <c>ObjectOutputStream</c> of OpenJDK 17.0.15 wrote.</summary>
public class JavaBodyTests
{
    internal const string Integer33 = "ACED0005737200116A6176612E6C616E672E496E746567657212E2A0A4F781873802000149000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B020000787000000021";
    internal const string Long33 = "ACED00057372000E6A6176612E6C616E672E4C6F6E673B8BE490CC8F23DF0200014A000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B02000078700000000000000021";
    internal const string String33 = "ACED00057400023333";

    /// <summary>{"sessionStr":"s\0é中😀","topicType":"t","topicId":5}, the NUL and the rest unescaped.</summary>
    private const string WideJson =
        "ACED000574003B7B2273657373696F6E537472223A2273C080C3A9E4B8ADEDA0BDEDB880222C22746F70696354797065223A2274222C22746F7069634964223A357D";

    private const string IntegerMax = "ACED0005737200116A6176612E6C616E672E496E746567657212E2A0A4F781873802000149000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B02000078707FFFFFFF";
    private const string IntegerMinus1 = "ACED0005737200116A6176612E6C616E672E496E746567657212E2A0A4F781873802000149000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B0200007870FFFFFFFF";
    private const string LongBig = "ACED00057372000E6A6176612E6C616E672E4C6F6E673B8BE490CC8F23DF0200014A000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B02000078700000000080000000";
    private const string LongMinus5 = "ACED00057372000E6A6176612E6C616E672E4C6F6E673B8BE490CC8F23DF0200014A000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B0200007870FFFFFFFFFFFFFFFB";

    private readonly StreamDecoder _visit = new("bear.visit");
    private readonly StreamDecoder _share = new("act.share");

    /// <summary>What Java writes for a string of at most 65535 bytes, given its modified UTF-8.</summary>
    internal static byte[] JavaString(ReadOnlySpan<byte> text)
    {
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)text.Length);
        return [0xAC, 0xED, 0, 5, 0x74, .. length, .. text];
    }

    internal static byte[] JavaLongString(ReadOnlySpan<byte> text)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, text.Length);
        return [0xAC, 0xED, 0, 5, 0x7C, .. length, .. text];
    }

    [Theory]
    [InlineData(Integer33, 33)]
    [InlineData(IntegerMax, int.MaxValue)]
    [InlineData(Long33, 33)]
    [InlineData(String33, 33)]
    [InlineData("ACED0005740006202B30303720", 7)]
    public void An_Integer_a_Long_or_a_String_is_a_key(string hex, long expected)
    {
        byte[] body = Convert.FromHexString(hex);
        foreach (string? type in new[] { StreamDecoder.Java, "Application/X-Java-Serialized-Object; x=y", "application/octet-stream", null })
        {
            _visit.Accepts(body, type).Integer("userRecordId").ShouldBe(expected);
            new StreamDecoder("act.buy").Accepts(body, type).Integer("recordId").ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData(IntegerMinus1, "-1")]
    [InlineData(LongBig, "2147483648")]
    [InlineData(LongMinus5, "-5")]
    public void A_number_that_is_no_key_is_out_of_range(string hex, string value)
    {
        string error = _visit.Rejects(RejectReason.OutOfRange, Convert.FromHexString(hex), StreamDecoder.Java).Error;

        error.ShouldContain("userRecordId");
        error.ShouldContain(value);
    }

    [Theory]
    [InlineData(Integer33)]
    [InlineData(Long33)]
    [InlineData(String33)]
    public void A_key_is_unreadable_on_a_stream_without_one(string hex)
    {
        _share.Rejects(RejectReason.Unreadable, Convert.FromHexString(hex), StreamDecoder.Java).Error.ShouldContain("33");
    }

    [Fact]
    public void A_String_may_hold_an_object_on_any_stream()
    {
        _share.Accepts(JavaString(Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + "}")), StreamDecoder.Java).Integer("topicId").ShouldBe(5);
        _share.Accepts(JavaLongString(Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + "}")), StreamDecoder.Java).Integer("topicId").ShouldBe(5);
        _visit.Accepts(JavaString("""{"userRecordId":"4"}"""u8), contentType: null).Integer("userRecordId").ShouldBe(4);
        _visit.Accepts(JavaString("""
            "{\"userRecordId\":\"4\"}"
            """u8), StreamDecoder.Java).Integer("userRecordId").ShouldBe(4);
    }

    [Fact]
    public void Modified_UTF_8_is_read_as_Java_wrote_it()
    {
        // A bare NUL may not stand in a JSON string, so the fixture is unreadable as it is, and good with an escape.
        byte[] wide = Convert.FromHexString(WideJson);
        _share.Rejects(RejectReason.Unreadable, wide, StreamDecoder.Java);

        byte[] text = [.. "{\"sessionStr\":\""u8, 0xC3, 0xA9, 0xE4, 0xB8, 0xAD, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80,
            .. "\",\"topicType\":\"t\",\"topicId\":5}"u8];
        _share.Accepts(JavaString(text), StreamDecoder.Java).Text("sessionStr").ShouldBe("é中😀");
        Convert.ToHexString(_share.Bytes("sessionStr")).ShouldBe("C3A9E4B8ADF09F9880");
    }

    [Fact]
    public void A_lone_surrogate_of_a_Java_String_is_kept_and_refused_in_a_topic_type()
    {
        byte[] lone = [0xED, 0xA0, 0xBD];
        byte[] Text(string field) => JavaString([.. Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + ",\"" + field + "\":\""), .. lone, .. "\"}"u8]);

        _share.Accepts(Text("qrCode"), StreamDecoder.Java).Bytes("qrCode").ShouldBe(lone);
        _share.Rejects(RejectReason.OutOfRange, Text("topicType"), StreamDecoder.Java).Error.ShouldContain("\\uD83D");
    }

    [Theory]
    [InlineData("EDA0BD", "\\uDE00")]
    [InlineData("EDA0BDEDA0BD", "\\uDE00")]
    public void A_pair_of_which_one_half_is_escaped_is_a_pair(string raw, string escaped)
    {
        byte[] text = [.. "{\"qrCode\":\""u8, .. Convert.FromHexString(raw), .. Encoding.UTF8.GetBytes(escaped + "\"," + StreamDecoder.Required + "}")];
        _share.Accepts(JavaString(text), StreamDecoder.Java);

        Convert.ToHexString(_share.Bytes("qrCode")).ShouldEndWith("F09F9880");
    }

    [Theory]
    [InlineData("00")]
    [InlineData("80")]
    [InlineData("C1BF")]
    [InlineData("C181")]
    [InlineData("C3")]
    [InlineData("C341")]
    [InlineData("E0809F")]
    [InlineData("E4B8")]
    [InlineData("E4B841")]
    [InlineData("F09F9880")]
    [InlineData("FF")]
    public void A_malformed_String_is_unreadable(string hex)
    {
        byte[] text = [.. "{\"x\":\""u8, .. Convert.FromHexString(hex), .. "\","u8, .. Encoding.UTF8.GetBytes(StreamDecoder.Required), .. "}"u8];

        _share.Rejects(RejectReason.Unreadable, JavaString(text), StreamDecoder.Java).Error.ShouldContain("malformed");
        _share.Rejects(RejectReason.Unreadable, JavaLongString(Convert.FromHexString(hex)), StreamDecoder.Java).Error.ShouldContain("malformed");
    }

    [Theory]
    [InlineData("ACED000570")]
    [InlineData("ACED00057372000F6A6176612E6C616E672E53686F7274684D37133460DA5202000153000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B02000078700003")]
    [InlineData("ACED00057372000E6A6176612E6C616E672E427974659C4E6084EE50F51C02000142000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B020000787001")]
    [InlineData("ACED00057372000E6A6176612E7574696C2E44617465686A81014B59741903000078707708000000000000000078")]
    [InlineData("ACED0005757200025B494DBA602676EAB2A502000078700000000100000001")]
    [InlineData("ACED0005737200116A6176612E7574696C2E486173684D61700507DAC1C31660D103000246000A6C6F6164466163746F724900097468726573686F6C6478703F400000000000017708000000020000000174000161737200116A6176612E6C616E672E496E746567657212E2A0A4F781873802000149000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B02000078700000000178")]
    [InlineData("ACED00057E72000547656E244500000000000000001200007872000E6A6176612E6C616E672E456E756D0000000000000000120000787074000141")]
    [InlineData("ACED0005737200116A6176612E6C616E672E426F6F6C65616ECD207280D59CFAEE0200015A000576616C7565787001")]
    [InlineData("ACED0005737200106A6176612E6C616E672E446F75626C6580B3C24A296BFB0402000144000576616C7565787200106A6176612E6C616E672E4E756D62657286AC951D0B94E08B02000078704040800000000000")]
    [InlineData("ACED")]
    [InlineData("ACED0005")]
    [InlineData("ACED000574")]
    [InlineData("ACED00057400")]
    [InlineData("ACED0005740002")]
    [InlineData("ACED000574000233")]
    [InlineData("ACED0005740002333333")]
    [InlineData("ACED0005740002333370")]
    [InlineData("ACED00057C00000000000000033333")]
    [InlineData("ACED00057CFFFFFFFFFFFFFFFF3333")]
    [InlineData("ACED00057C0000000100000002" + "3333")]
    [InlineData("ACED00047400023333")]
    [InlineData(Integer33 + "00")]
    [InlineData(Long33 + Long33)]
    public void Anything_else_of_Java_is_refused_unread(string hex)
    {
        byte[] body = Convert.FromHexString(hex);

        _visit.Rejects(RejectReason.Unreadable, body, StreamDecoder.Java);
        _visit.Rejects(RejectReason.Unreadable, body, contentType: null);
    }

    [Fact]
    public void A_number_is_refused_with_any_other_byte_in_its_layout_and_with_any_missing()
    {
        foreach ((string hex, int valueBytes) in new[] { (Integer33, 4), (Long33, 8) })
        {
            byte[] good = Convert.FromHexString(hex);
            int head = good.Length - valueBytes;
            for (int i = 0; i < head; i++)
            {
                byte[] bad = [.. good];
                bad[i] ^= 0x01;
                _visit.Rejects(RejectReason.Unreadable, bad, StreamDecoder.Java);
            }

            for (int length = 0; length < good.Length; length++)
            {
                _visit.Rejects(RejectReason.Unreadable, good[..length], StreamDecoder.Java);
            }
        }
    }

    [Fact]
    public void The_content_type_decides()
    {
        byte[] json = Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + "}");
        foreach (string type in new[] { StreamDecoder.Json, "text/plain" })
        {
            _visit.Rejects(RejectReason.Unreadable, Convert.FromHexString(Integer33), type);
            _visit.Rejects(RejectReason.Unreadable, Convert.FromHexString(String33), type);
        }

        _share.Rejects(RejectReason.Unreadable, json, StreamDecoder.Java);
        _visit.Rejects(RejectReason.Unreadable, "33"u8.ToArray(), StreamDecoder.Java);
    }

    [Fact]
    public void An_empty_String_is_unreadable()
    {
        _visit.Rejects(RejectReason.Unreadable, JavaString(default), StreamDecoder.Java);
        _share.Rejects(RejectReason.Unreadable, JavaString(" "u8), StreamDecoder.Java);
    }

    [Fact]
    public void The_limit_holds_for_a_String_too()
    {
        byte[] text = Encoding.UTF8.GetBytes(("{" + StreamDecoder.Required + ",\"x\":\"é\"}").PadRight(70_000));
        byte[] body = JavaLongString(text);

        new StreamDecoder("act.share", body.Length).Accepts(body, StreamDecoder.Java);
        new StreamDecoder("act.share", body.Length - 1).Rejects(RejectReason.TooLarge, body, StreamDecoder.Java);
    }
}
