using System.Buffers.Binary;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>Frames as the specification lays them out: type, channel, size, payload and the end byte.</summary>
public sealed class FrameBufferTests
{
    private const int Largest = 128 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1000)]
    [InlineData(int.MaxValue)]
    public void Frames_are_taken_whole_and_in_order_wherever_the_bytes_are_cut(int piece)
    {
        var random = new Random(piece);
        var sent = new List<(byte Type, ushort Channel, byte[] Payload)>();
        foreach (int size in new[] { 0, 1, 2, 30, 500, 5000, 70_000, 0, Largest - FrameBuffer.Overhead, 3 })
        {
            var payload = new byte[size];
            random.NextBytes(payload);
            sent.Add((new byte[] { 1, 2, 3, 8 }[sent.Count % 4], (ushort)(sent.Count * 6553), payload));
        }

        ReadOnlySpan<byte> bytes = [.. sent.SelectMany(frame => Frame(frame.Type, frame.Channel, frame.Payload))];
        var buffer = new FrameBuffer(Largest);
        int taken = 0;
        while (!bytes.IsEmpty)
        {
            Memory<byte> free = buffer.Free();
            free.IsEmpty.ShouldBeFalse();
            int count = Math.Min(Math.Min(piece, free.Length), bytes.Length);
            bytes[..count].CopyTo(free.Span);
            bytes = bytes[count..];
            int waiting = buffer.Waiting;
            buffer.Add(count);
            buffer.Waiting.ShouldBe(waiting + count);
            while (buffer.TryTake(out FrameType type, out ushort channel, out ReadOnlySpan<byte> payload))
            {
                ((byte)type, channel).ShouldBe((sent[taken].Type, sent[taken].Channel));
                payload.SequenceEqual(sent[taken].Payload).ShouldBeTrue($"frame {taken}");
                taken++;
            }
        }

        taken.ShouldBe(sent.Count);
        buffer.Waiting.ShouldBe(0);
    }

    [Fact]
    public void A_frame_that_is_not_whole_gives_nothing_and_stays()
    {
        byte[] bytes = Frame(1, 5, [1, 2, 3]);
        for (int length = 0; length < bytes.Length; length++)
        {
            FrameBuffer buffer = Holding(bytes[..length]);

            buffer.TryTake(out FrameType type, out ushort channel, out ReadOnlySpan<byte> payload).ShouldBeFalse();
            (type, channel, payload.Length).ShouldBe((FrameType.None, (ushort)0, 0));
            buffer.Waiting.ShouldBe(length);
        }
    }

    [Fact]
    public void The_largest_frame_that_was_agreed_on_is_taken_and_a_larger_one_is_refused_by_its_size()
    {
        FrameBuffer buffer = Holding(Frame(3, 1, new byte[92]));
        buffer.MaxFrameBytes = 100;
        buffer.TryTake(out _, out _, out ReadOnlySpan<byte> payload).ShouldBeTrue();
        payload.Length.ShouldBe(92);

        Refusal(Frame(3, 1, new byte[93])[..7], maxFrameBytes: 100).ShouldBe("The broker sent a frame with 93 bytes, where 92 were agreed.");
        Refusal([3, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF], Largest).ShouldBe("The broker sent a frame with 4294967295 bytes, where 131064 were agreed.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(255)]
    public void A_frame_of_a_type_that_AMQP_does_not_know_is_refused_by_it(byte type) =>
        Refusal(Frame(type, 1, []), Largest).ShouldBe($"The server sent a frame of type {type}, which AMQP does not know.");

    [Fact]
    public void A_server_that_speaks_another_version_is_told_by_it() =>
        Refusal([.. "AMQP"u8, 3, 1, 0, 0], Largest).ShouldBe("The server does not speak AMQP 0-9-1: it offers version 1-0.");

    [Fact]
    public void A_frame_that_ends_otherwise_is_refused_by_its_last_byte()
    {
        byte[] bytes = Frame(1, 1, [1, 2]);
        bytes[^1] = 0x0A;

        Refusal([.. bytes, 0xCE], Largest).ShouldBe("The broker sent a frame that ends with 0x0A in place of 0xCE.");
    }

    [Fact]
    public void Memory_is_that_of_a_read_until_a_larger_frame_is_on_its_way()
    {
        var buffer = new FrameBuffer(Largest);
        buffer.Free().Length.ShouldBe(64 * 1024);
        buffer.Add(64 * 1024);
        buffer.Free().Length.ShouldBe(64 * 1024);

        new FrameBuffer(4096).Free().Length.ShouldBe(4096);
    }

    internal static byte[] Frame(byte type, ushort channel, ReadOnlySpan<byte> payload)
    {
        byte[] frame = [type, (byte)(channel >> 8), (byte)channel, 0, 0, 0, 0, .. payload, 0xCE];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(3), payload.Length);
        return frame;
    }

    internal static FrameBuffer Holding(ReadOnlySpan<byte> bytes)
    {
        var buffer = new FrameBuffer(Largest);
        bytes.CopyTo(buffer.Free().Span);
        buffer.Add(bytes.Length);
        return buffer;
    }

    private static string Refusal(byte[] bytes, int maxFrameBytes)
    {
        FrameBuffer buffer = Holding(bytes);
        buffer.MaxFrameBytes = maxFrameBytes;
        return Should.Throw<AmqpException>(() => buffer.TryTake(out _, out _, out _)).Message;
    }
}
