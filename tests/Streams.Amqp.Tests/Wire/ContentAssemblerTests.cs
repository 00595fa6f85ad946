using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>One message of a header and pieces of a body, and the slot that it lies in.</summary>
public sealed class ContentAssemblerTests
{
    private const int MaxBody = 1024 * 1024;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1000, 1)]
    [InlineData(1000, 999)]
    [InlineData(600_000, 130_000)]
    [InlineData(MaxBody, 131_064)]
    public void A_message_is_whole_when_all_that_was_announced_has_come(int bodyBytes, int pieceBytes)
    {
        var body = new byte[bodyBytes];
        new Random(bodyBytes).NextBytes(body);
        var assembler = new ContentAssembler(7, MaxBody);
        var message = new Delivery();
        message.Start(9, redelivered: true, "exchange"u8, "key"u8);
        assembler.Next.ShouldBe(FrameType.Method);

        assembler.Begin(message);
        assembler.Next.ShouldBe(FrameType.Header);
        assembler.Header(Header((ulong)bodyBytes, [0x80, 0, 1, (byte)'j'])).ShouldBe(bodyBytes == 0);
        int sent = 0;
        foreach (byte[] piece in body.Chunk(pieceBytes))
        {
            assembler.Next.ShouldBe(FrameType.Body);
            sent += piece.Length;
            assembler.Body(piece).ShouldBe(sent == bodyBytes);
        }

        assembler.Next.ShouldBe(FrameType.Method);
        (message.Tag, message.Redelivered, message.Bytes).ShouldBe((9ul, true, 8 + 3 + 4 + bodyBytes));
        message.Exchange.ToArray().ShouldBe("exchange"u8.ToArray());
        message.RoutingKey.ToArray().ShouldBe("key"u8.ToArray());
        message.Properties.ContentType.ToArray().ShouldBe("j"u8.ToArray());
        message.Body.Span.SequenceEqual(body).ShouldBeTrue();
    }

    [Fact]
    public void A_message_for_nobody_is_passed_over()
    {
        var assembler = new ContentAssembler(7, MaxBody);

        assembler.Begin(null);
        assembler.Header(Header(3, [0, 0])).ShouldBeFalse();
        assembler.Body([1, 2]).ShouldBeFalse();
        assembler.Body([3]).ShouldBeTrue();
        assembler.Next.ShouldBe(FrameType.Method);
    }

    [Fact]
    public void A_header_of_anything_but_a_message_is_refused()
    {
        byte[] header = Header(0, [0, 0]);
        new ContentAssembler(7, MaxBody).Header(header).ShouldBeTrue();

        Refusal(assembler => assembler.Header(header.AsSpan(0, header.Length - 1))).ShouldBe("The broker sent a content header on channel 7 that is none of a message.");
        header[1] = 61;
        Refusal(assembler => assembler.Header(header)).ShouldBe("The broker sent a content header on channel 7 that is none of a message.");
    }

    [Fact]
    public void A_body_is_as_large_as_is_allowed_at_the_most()
    {
        new ContentAssembler(7, 100).Header(Header(100, [0, 0])).ShouldBeFalse();

        Should.Throw<AmqpException>(() => new ContentAssembler(7, 100).Header(Header(101, [0, 0])))
            .Message.ShouldBe("The broker announced a body with 101 bytes; expected at most 100.");
        Refusal(assembler => assembler.Header(Header(ulong.MaxValue, [0, 0])))
            .ShouldBe("The broker announced a body with 18446744073709551615 bytes; expected at most 1048576.");
    }

    [Fact]
    public void More_of_a_body_than_was_announced_is_refused() =>
        Refusal(assembler =>
        {
            assembler.Header(Header(3, [0, 0]));
            assembler.Body([1, 2]);
            assembler.Body([3, 4]);
        }).ShouldBe("The broker sent 2 bytes of a body on channel 7, of which 1 were left.");

    [Fact]
    public void A_slot_holds_nothing_of_the_message_before()
    {
        var slot = new Delivery();
        foreach (int length in new[] { 10, 5000, 3, 0, 300 })
        {
            byte[] text = [.. Enumerable.Repeat((byte)length, length)];
            slot.Start((ulong)length, redelivered: length == 3, text, text);
            (slot.Bytes, slot.Body.Length, slot.Properties.Bytes.Length).ShouldBe((2 * length, 0, 2));
            slot.SetProperties([.. "\0\0"u8, .. text]);
            slot.Append(text, length);

            slot.Redelivered.ShouldBe(length == 3);
            slot.Exchange.ToArray().ShouldBe(text);
            slot.RoutingKey.ToArray().ShouldBe(text);
            slot.Properties.Bytes.ToArray().ShouldBe([0, 0, .. text]);
            slot.Body.ToArray().ShouldBe(text);

            slot.Clear();
            (slot.Bytes, slot.Exchange.Length, slot.RoutingKey.Length, slot.Body.Length).ShouldBe((0, 0, 0, 0));
        }
    }

    [Fact]
    public void A_body_costs_what_has_come_and_not_what_was_announced()
    {
        // On the word of a header alone 256 KiB are taken, and the double of what has come.
        Allocated(expected: MaxBody, pieces: [1]).ShouldBeInRange(256 * 1024, 257 * 1024);
        Allocated(expected: MaxBody, pieces: [200_000]).ShouldBeInRange(400_000, 401_000);
        Allocated(expected: 300_000, pieces: [200_000]).ShouldBeInRange(300_000, 301_000);
        Allocated(expected: 1000, pieces: [500, 500]).ShouldBeInRange(1000, 2000);
        Allocated(expected: MaxBody, pieces: [.. Enumerable.Repeat(1024, 1024)]).ShouldBeInRange(MaxBody, 2 * MaxBody);
    }

    [Fact]
    public void A_slot_keeps_4_KiB_and_lets_go_of_more()
    {
        var slot = new Delivery();
        Fill(4096);
        slot.Clear();
        Cost(() => Fill(4096)).ShouldBe(0);

        Fill(4097);
        slot.Clear();
        Cost(() => Fill(4096)).ShouldBeGreaterThan(2 * 4096);

        void Fill(int bytes)
        {
            slot.Start(1, redelivered: false, new ReadOnlySpan<byte>(Zeros, 0, bytes), []);
            slot.Append(new ReadOnlySpan<byte>(Zeros, 0, bytes), bytes);
        }
    }

    private static readonly byte[] Zeros = new byte[MaxBody];

    private static long Allocated(int expected, int[] pieces)
    {
        var slot = new Delivery();
        slot.Start(1, redelivered: false, [], []);
        return Cost(() =>
        {
            foreach (int piece in pieces)
            {
                slot.Append(Zeros.AsSpan(0, piece), expected);
            }
        });
    }

    private static long Cost(Action action)
    {
        // Made at its first use, which may be this one.
        Zeros.Length.ShouldBe(MaxBody);
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Header(ulong bodyBytes, ReadOnlySpan<byte> properties)
    {
        byte[] payload = [0, 60, 0, 0, .. new byte[8], .. properties];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(4), bodyBytes);
        return payload;
    }

    private static string Refusal(Action<ContentAssembler> send) => Should.Throw<AmqpException>(() => send(new ContentAssembler(7, MaxBody))).Message;
}
