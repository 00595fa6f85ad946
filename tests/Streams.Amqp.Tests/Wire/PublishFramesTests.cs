using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>The frames of a message that is published, against the specification's layout written out by hand, and read back.</summary>
public sealed class PublishFramesTests
{
    private const int FrameBytes = 4096;
    private const int Piece = FrameBytes - FrameBuffer.Overhead;

    [Theory]
    [InlineData(true, "01")]
    [InlineData(false, "00")]
    public void A_message_is_written_as_the_specification_lays_it_out(bool mandatory, string bits)
    {
        var message = new AmqpMessage("ex", "keü", new AmqpProperties(new byte[] { 0x80, 0, 1, (byte)'j' }), "body"u8.ToArray());

        Written(message, mandatory).ShouldBe(Convert.FromHexString(
            "01" + "0102" + "0000000F" + "003C0028" + "0000" + "026578" + "046B65C3BC" + bits + "CE"
            + "02" + "0102" + "00000010" + "003C0000" + "0000000000000004" + "8000016A" + "CE"
            + "03" + "0102" + "00000004" + "626F6479" + "CE"));
        message.Bytes.ShouldBe(2 + 4 + 4 + 4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Piece - 1)]
    [InlineData(Piece)]
    [InlineData(Piece + 1)]
    [InlineData(3 * Piece)]
    [InlineData((3 * Piece) + 5)]
    public void A_body_goes_in_as_many_frames_as_it_needs(int bodyBytes)
    {
        var body = new byte[bodyBytes];
        new Random(bodyBytes).NextBytes(body);
        FrameBuffer frames = FrameBufferTests.Holding(Written(new AmqpMessage("", "q", default, body), mandatory: true));
        frames.MaxFrameBytes = FrameBytes;

        Take(frames, FrameType.Method).Length.ShouldBe(4 + 2 + 1 + 2 + 1);
        Take(frames, FrameType.Header).Length.ShouldBe(12 + 2);
        var read = new List<byte>();
        while (frames.Waiting > 0)
        {
            byte[] piece = Take(frames, FrameType.Body);
            read.AddRange(piece);
            piece.Length.ShouldBe(read.Count == bodyBytes ? bodyBytes - ((bodyBytes - 1) / Piece * Piece) : Piece);
        }

        read.ToArray().SequenceEqual(body).ShouldBeTrue();
    }

    [Fact]
    public void Properties_fill_one_frame_at_the_most()
    {
        PublishFrames.MaxPropertiesBytes(FrameBytes).ShouldBe(FrameBytes - 8 - 12);

        var most = new AmqpProperties(new byte[PublishFrames.MaxPropertiesBytes(FrameBytes)]);
        FrameBuffer frames = FrameBufferTests.Holding(Written(new AmqpMessage("", "", most, default), mandatory: false));
        frames.MaxFrameBytes = FrameBytes;
        Take(frames, FrameType.Method);
        Take(frames, FrameType.Header).Length.ShouldBe(Piece);
        frames.Waiting.ShouldBe(0);
    }

    private static byte[] Written(AmqpMessage message, bool mandatory)
    {
        // Whatever was in the memory before.
        var bytes = new byte[PublishFrames.SizeOf(message, FrameBytes)];
        bytes.AsSpan().Fill(0xEE);
        PublishFrames.Write(bytes, 0x0102, message, mandatory, FrameBytes);
        return bytes;
    }

    private static byte[] Take(FrameBuffer frames, FrameType expected)
    {
        frames.TryTake(out FrameType type, out ushort channel, out ReadOnlySpan<byte> payload).ShouldBeTrue();
        (type, channel).ShouldBe((expected, (ushort)0x0102));
        return payload.ToArray();
    }
}
