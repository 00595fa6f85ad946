using System.Text;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Messages;

/// <summary>Values and tables by the bytes that the specification gives them, and properties by their flags.</summary>
public sealed class AmqpTableTests
{
    [Theory]
    [InlineData('V', 0)]
    [InlineData('t', 1)]
    [InlineData('b', 1)]
    [InlineData('B', 1)]
    [InlineData('s', 2)]
    [InlineData('U', 2)]
    [InlineData('u', 2)]
    [InlineData('I', 4)]
    [InlineData('i', 4)]
    [InlineData('f', 4)]
    [InlineData('D', 5)]
    [InlineData('l', 8)]
    [InlineData('L', 8)]
    [InlineData('d', 8)]
    [InlineData('T', 8)]
    public void A_value_has_the_length_of_its_type_and_is_not_taken_where_it_is_shorter(char type, int length)
    {
        byte[] value = [.. Enumerable.Range(1, length).Select(i => (byte)i)];
        ReadOnlySpan<byte> bytes = (byte[])[(byte)type, .. value, 77];

        AmqpValue.TryTake(ref bytes, out AmqpValue taken).ShouldBeTrue();
        taken.Type.ShouldBe((byte)type);
        taken.Bytes.ToArray().ShouldBe(value);
        bytes.ToArray().ShouldBe([77]);

        bytes = (byte[])[(byte)type, .. value];
        AmqpValue.TryTake(ref bytes, out taken).ShouldBeTrue();
        bytes.IsEmpty.ShouldBeTrue();
        if (length > 0)
        {
            bytes = (byte[])[(byte)type, .. value[1..]];
            AmqpValue.TryTake(ref bytes, out taken).ShouldBeFalse();
            bytes.Length.ShouldBe(length);
            taken.Type.ShouldBe((byte)0);
        }
    }

    [Theory]
    [InlineData('S')]
    [InlineData('x')]
    [InlineData('F')]
    [InlineData('A')]
    public void A_value_with_a_length_of_its_own_is_as_long_as_that_says(char type)
    {
        ReadOnlySpan<byte> bytes = (byte[])[(byte)type, 0, 0, 0, 2, 8, 9, 77];
        AmqpValue.TryTake(ref bytes, out AmqpValue taken).ShouldBeTrue();
        (taken.Type, Convert.ToHexString(taken.Bytes), Convert.ToHexString(bytes)).ShouldBe(((byte)type, "0809", "4D"));

        bytes = (byte[])[(byte)type, 0, 0, 0, 0];
        AmqpValue.TryTake(ref bytes, out taken).ShouldBeTrue();
        (taken.Bytes.Length, bytes.Length).ShouldBe((0, 0));

        foreach (string cut in new[] { "", "000000", "0000000208", "FFFFFFFF0809", "7FFFFFFF0809" })
        {
            bytes = (byte[])[(byte)type, .. Convert.FromHexString(cut)];
            AmqpValue.TryTake(ref bytes, out _).ShouldBeFalse(cut);
        }
    }

    [Fact]
    public void Items_of_an_array_are_taken_one_after_another_to_its_end()
    {
        ReadOnlySpan<byte> bytes = (byte[])[(byte)'t', 1, (byte)'V', (byte)'S', 0, 0, 0, 1, (byte)'a', (byte)'B', 200];
        var shown = new List<string>();
        while (AmqpValue.TryTake(ref bytes, out AmqpValue item))
        {
            shown.Add(item.ToString());
        }

        shown.ShouldBe(["true", "null", "a", "200"]);
        bytes = (byte[])[(byte)'?', 1, 2, 3];
        AmqpValue.TryTake(ref bytes, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("t00", "false")]
    [InlineData("t02", "true")]
    [InlineData("V", "null")]
    [InlineData("bFF", "-1")]
    [InlineData("IFFFFFFFE", "-2")]
    [InlineData("f3FC00000", "1.5")]
    [InlineData("dBFF8000000000000", "-1.5")]
    [InlineData("D02FFFFFFFF", "-1e-2")]
    [InlineData("TFFFFFFFFFFFFFFFF", "18446744073709551615")]
    [InlineData("x00000002C3A9", "é")]
    [InlineData("F000000020102", "a table of 2 bytes")]
    [InlineData("A000000020102", "an array of 2 bytes")]
    public void A_value_is_shown_for_people(string value, string shown) => Value(value).ToString().ShouldBe(shown);

    [Fact]
    public void No_value_is_shown_as_null_and_is_no_number_and_no_table()
    {
        AmqpValue none = default;

        none.ToString().ShouldBe("null");
        none.TryGetInt64(out long number).ShouldBeFalse();
        number.ShouldBe(0);
        none.AsTable.Bytes.IsEmpty.ShouldBeTrue();
        Value("S000000020161").AsTable.Bytes.IsEmpty.ShouldBeTrue();
        Value("F000000020161").AsTable.Bytes.ToArray().ShouldBe([1, 0x61]);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(1000)]
    public void Of_a_text_sixty_characters_are_shown(int length)
    {
        string text = new('中', length);
        byte[] utf8 = Encoding.UTF8.GetBytes(text);

        Value("S" + utf8.Length.ToString("X8") + Convert.ToHexString(utf8)).ToString().ShouldBe(length > 60 ? text[..60] + "…" : text);
    }

    [Theory]
    [InlineData("12x")]
    [InlineData("x12")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    public void A_text_that_is_no_integer_of_64_bits_is_no_number(string text) =>
        Value("S" + text.Length.ToString("X8") + Convert.ToHexString(Encoding.ASCII.GetBytes(text))).TryGetInt64(out _).ShouldBeFalse();

    [Fact]
    public void Of_entries_of_one_name_the_first_is_found_and_a_cut_one_ends_the_table()
    {
        byte[] entries = [1, (byte)'a', (byte)'B', 1, 1, (byte)'b', (byte)'B', 2, 1, (byte)'a', (byte)'B', 3, 0, (byte)'V'];
        var table = new AmqpTable(entries);
        table.TryGet("a"u8, out AmqpValue value).ShouldBeTrue();
        value.Bytes.ToArray().ShouldBe([1]);
        table.TryGet("b"u8, out value).ShouldBeTrue();
        value.Bytes.ToArray().ShouldBe([2]);
        table.TryGet(""u8, out value).ShouldBeTrue();
        table.TryGet("c"u8, out value).ShouldBeFalse();
        value.Type.ShouldBe((byte)0);

        for (int length = 0; length < 4; length++)
        {
            new AmqpTable(entries[..length]).TryGet("a"u8, out _).ShouldBeFalse($"{length} bytes");
        }

        new AmqpTable([2, (byte)'a']).GetEnumerator().MoveNext().ShouldBeFalse();
    }

    [Theory]
    [InlineData(AmqpProperty.ContentType, "8000", "016A")]
    [InlineData(AmqpProperty.ContentEncoding, "4000", "016A")]
    [InlineData(AmqpProperty.DeliveryMode, "1000", "6A")]
    [InlineData(AmqpProperty.Priority, "0800", "6A")]
    [InlineData(AmqpProperty.CorrelationId, "0400", "016A")]
    [InlineData(AmqpProperty.ReplyTo, "0200", "016A")]
    [InlineData(AmqpProperty.Expiration, "0100", "016A")]
    [InlineData(AmqpProperty.MessageId, "0080", "016A")]
    [InlineData(AmqpProperty.Type, "0020", "016A")]
    [InlineData(AmqpProperty.UserId, "0010", "016A")]
    [InlineData(AmqpProperty.AppId, "0008", "016A")]
    [InlineData(AmqpProperty.ClusterId, "0004", "016A")]
    public void A_property_stands_under_the_flag_of_the_specification(AmqpProperty property, string flags, string value)
    {
        AmqpProperties set = default(AmqpProperties).With(property, "j"u8);

        Convert.ToHexString(set.Bytes.Span).ShouldBe(flags + value);
        set.Get(property).ToArray().ShouldBe("j"u8.ToArray());
        foreach (AmqpProperty other in Enum.GetValues<AmqpProperty>().Where(other => other != property))
        {
            set.TryGet(other, out ReadOnlySpan<byte> none).ShouldBeFalse();
            none.IsEmpty.ShouldBeTrue();
        }

        Convert.ToHexString(set.With(AmqpProperty.Timestamp, [0, 0, 0, 0, 0, 0, 1, 0]).With(property, "k"u8).Without(AmqpProperty.Timestamp).Bytes.Span)
            .ShouldBe(flags + value.Replace("6A", "6B", StringComparison.Ordinal));
        Convert.ToHexString(set.Without(property).Bytes.Span).ShouldBe("0000");
        for (int length = 0; length < set.Bytes.Length; length++)
        {
            new AmqpProperties(set.Bytes[..length]).TryGet(property, out _).ShouldBeFalse($"{length} bytes");
        }
    }

    [Fact]
    public void A_new_header_stands_before_the_others_and_in_the_place_of_one_of_its_name()
    {
        AmqpProperties one = default(AmqpProperties).WithInt32Header("n"u8, -5);
        Convert.ToHexString(one.Bytes.Span).ShouldBe("2000" + "00000007" + "016E49FFFFFFFB");

        AmqpProperties two = one.WithHeader("t"u8, "ab"u8);
        Convert.ToHexString(two.Bytes.Span).ShouldBe("2000" + "00000010" + "017453000000026162" + "016E49FFFFFFFB");

        AmqpProperties three = two.WithHeader("n"u8, 258L);
        Convert.ToHexString(three.Bytes.Span).ShouldBe("2000" + "00000014" + "016E6C0000000000000102" + "017453000000026162");

        Convert.ToHexString(three.WithoutHeader("n"u8).WithoutHeader("absent"u8).Bytes.Span).ShouldBe("2000" + "00000009" + "017453000000026162");
        Convert.ToHexString(three.WithoutHeader("absent"u8).Bytes.Span).ShouldBe(Convert.ToHexString(three.Bytes.Span));
        Convert.ToHexString(default(AmqpProperties).WithoutHeader("absent"u8).Bytes.Span).ShouldBe("0000");
        for (int length = 0; length < one.Bytes.Length; length++)
        {
            new AmqpProperties(one.Bytes[..length]).TryGet(AmqpProperty.Headers, out _).ShouldBeFalse($"{length} bytes");
        }
    }

    [Fact]
    public void Names_and_texts_may_have_255_bytes_and_no_more()
    {
        byte[] most = new byte[255];
        AmqpProperties set = default(AmqpProperties).With(AmqpProperty.AppId, most).WithHeader(most, 1L).WithHeader("t"u8, new byte[70_000]);

        set.Get(AmqpProperty.AppId).Length.ShouldBe(255);
        set.TryGetHeader(most, out _).ShouldBeTrue();
        set.TryGetHeader("t"u8, out AmqpValue text).ShouldBeTrue();
        text.Bytes.Length.ShouldBe(70_000);
        Should.Throw<ArgumentException>(() => default(AmqpProperties).With(AmqpProperty.Priority, [])).Message.ShouldContain("Priority cannot be set to 0 bytes: expected 1");
        Should.Throw<ArgumentException>(() => default(AmqpProperties).WithHeader(new byte[256], "x"u8)).Message.ShouldContain("256 bytes");
    }

    [Fact]
    public void A_copy_keeps_what_its_memory_held()
    {
        byte[] bytes = [0x80, 0, 1, (byte)'j'];
        AmqpProperties copy = new AmqpProperties(bytes).Copy();
        bytes[3] = (byte)'x';

        copy.ContentType.ToArray().ShouldBe("j"u8.ToArray());
        default(AmqpProperties).Copy().Bytes.ToArray().ShouldBe([0, 0]);
        default(AmqpProperties).TimestampSeconds.ShouldBeNull();
        default(AmqpProperties).With(AmqpProperty.Timestamp, [0, 0, 0, 0, 0, 0, 1, 0]).TimestampSeconds.ShouldBe(256);
    }

    private static AmqpValue Value(string typeAndHex)
    {
        ReadOnlySpan<byte> bytes = (byte[])[(byte)typeAndHex[0], .. Convert.FromHexString(typeAndHex[1..])];
        AmqpValue.TryTake(ref bytes, out AmqpValue value).ShouldBeTrue();
        return value;
    }
}
