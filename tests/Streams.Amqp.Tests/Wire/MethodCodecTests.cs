using System.Buffers.Binary;
using System.Text;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>Methods and their arguments, against the specification's layout written out by hand.</summary>
public sealed class MethodCodecTests
{
    [Fact]
    public void A_method_is_written_as_the_specification_lays_it_out() =>
        new MethodWriter(0x0102, AmqpMethod.BasicNack).Byte(0xAB).UInt16(0x1234).UInt32(0x89ABCDEF).UInt64(0x0123456789ABCDEF).ShortText("aü").LongBytes([7, 8])
            .ToBytes().ShouldBe(Convert.FromHexString(
                "01" + "0102" + "0000001D" + "003C0078" + "AB" + "1234" + "89ABCDEF" + "0123456789ABCDEF" + "0361C3BC" + "000000020708" + "CE"));

    [Fact]
    public void What_is_written_reads_back()
    {
        byte[] frame = new MethodWriter(1, AmqpMethod.BasicReturn).Byte(1).UInt16(2).UInt32(3).UInt64(4).ShortText("text ü").LongBytes([5, 6])
            .ShortText("").LongBytes([]).ToBytes();
        var reader = new MethodReader(frame.AsSpan(7, frame.Length - 8));

        reader.Method.ShouldBe(AmqpMethod.BasicReturn);
        (reader.Byte(), reader.UInt16(), reader.UInt32(), reader.UInt64()).ShouldBe(((byte)1, (ushort)2, 3u, 4ul));
        reader.ShortText().ShouldBe("text ü");
        reader.LongBytes().ToArray().ShouldBe([5, 6]);
        reader.ShortBytes().Length.ShouldBe(0);
        reader.LongBytes().Length.ShouldBe(0);
    }

    [Fact]
    public void A_table_is_written_entry_by_entry_as_the_specification_lays_it_out()
    {
        byte[] frame = new MethodWriter(0, AmqpMethod.None).Table(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["yes"] = true,
            ["no"] = false,
            ["int"] = -2,
            ["long"] = 0x0102030405060708L,
            ["tü"] = "x",
            ["f"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["a"] = "" },
        }).ToBytes();

        byte[] entries =
        [
            3, .. "yes"u8, (byte)'t', 1,
            2, .. "no"u8, (byte)'t', 0,
            3, .. "int"u8, (byte)'l', 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
            4, .. "long"u8, (byte)'l', 1, 2, 3, 4, 5, 6, 7, 8,
            3, .. "tü"u8, (byte)'S', 0, 0, 0, 1, (byte)'x',
            1, (byte)'f', (byte)'F', 0, 0, 0, 7, 1, (byte)'a', (byte)'S', 0, 0, 0, 0,
        ];
        frame[11..^1].ShouldBe([0, 0, 0, (byte)entries.Length, .. entries]);
        BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(3)).ShouldBe(frame.Length - 8);
    }

    [Theory]
    [InlineData(null, "null")]
    [InlineData(1.5, "1.5")]
    public void A_value_that_no_argument_can_have_is_refused_by_name(object? value, string shown) =>
        Should.Throw<ArgumentException>(() => new MethodWriter(0, AmqpMethod.None).Table([new("x-odd", value)]))
            .Message.ShouldStartWith($"'x-odd' is {shown}; expected a text, an integer, a flag or a table of these.");

    [Fact]
    public void A_short_text_has_255_bytes_at_the_most()
    {
        string most = string.Concat(Enumerable.Repeat("ü", 127)) + "x";
        byte[] frame = new MethodWriter(0, AmqpMethod.None).ShortText(most).ToBytes();
        (frame[11], frame.Length).ShouldBe(((byte)255, 11 + 1 + 255 + 1));
        Encoding.UTF8.GetString(frame, 12, 255).ShouldBe(most);

        Should.Throw<ArgumentException>(() => new MethodWriter(0, AmqpMethod.None).ShortText(most + "x"))
            .Message.ShouldStartWith($"'{most}x' has 256 bytes; AMQP takes at most 255.");
    }

    [Fact]
    public void A_method_that_is_cut_short_anywhere_is_refused()
    {
        byte[] frame = new MethodWriter(0, AmqpMethod.BasicReturn).UInt64(4).ShortText("abc").LongBytes([5, 6]).ToBytes();
        byte[] payload = frame[7..^1];
        Read(payload);

        for (int length = 0; length < payload.Length; length++)
        {
            byte[] cut = payload[..length];
            Should.Throw<AmqpException>(() => Read(cut)).Message.ShouldBe("The broker sent a method that is cut short.");
        }

        static void Read(byte[] bytes)
        {
            var reader = new MethodReader(bytes);
            reader.UInt64();
            reader.ShortText();
            reader.LongBytes();
        }
    }

    [Fact]
    public void A_length_beyond_31_bits_is_refused_too() =>
        Should.Throw<AmqpException>(() => new MethodReader([0, 10, 0, 10, 0xFF, 0xFF, 0xFF, 0xFF, 1]).LongBytes().Length);

    [Theory]
    [InlineData(10, "10 Start, 11 StartOk, 30 Tune, 31 TuneOk, 40 Open, 41 OpenOk, 50 Close, 51 CloseOk, 60 Blocked, 61 Unblocked", "Connection")]
    [InlineData(20, "10 Open, 11 OpenOk, 20 Flow, 21 FlowOk, 40 Close, 41 CloseOk", "Channel")]
    [InlineData(40, "10 Declare, 11 DeclareOk", "Exchange")]
    [InlineData(50, "10 Declare, 11 DeclareOk, 20 Bind, 21 BindOk", "Queue")]
    [InlineData(60, "10 Qos, 11 QosOk, 20 Consume, 21 ConsumeOk, 30 Cancel, 31 CancelOk, 40 Publish, 50 Return, 60 Deliver, 71 GetOk, 80 Ack, 120 Nack", "Basic")]
    [InlineData(85, "10 Select, 11 SelectOk", "Confirm")]
    public void Methods_have_the_numbers_of_the_specification(int number, string methods, string prefix)
    {
        foreach (string method in methods.Split(", "))
        {
            string[] words = method.Split(' ');
            ((uint)Enum.Parse<AmqpMethod>(prefix + words[1])).ShouldBe(((uint)number << 16) + uint.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
