using System.Buffers.Binary;
using System.Text;
using DataLoad.Engine.Counting;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class LetterTests
{
    private const int FrameBytes = 128 * 1024;

    [Fact]
    public void It_goes_out_as_it_came_with_the_engines_headers_added_and_persistent()
    {
        byte[] correlation = [.. Enumerable.Repeat((byte)0xFF, 100)];
        AmqpProperties came = IntakeKit.Json.With(AmqpProperty.CorrelationId, correlation).With(AmqpProperty.MessageId, [0, 0, 0, 0xFE])
            .WithHeader("mine"u8, [0xFF, 0xFE]);

        AmqpProperties published = Publish(came);

        published.Get(AmqpProperty.CorrelationId).ToArray().ShouldBe(correlation);
        published.MessageId.ToArray().ShouldBe([0, 0, 0, 0xFE]);
        published.ContentType.ToArray().ShouldBe("application/json"u8.ToArray());
        published.Get(AmqpProperty.DeliveryMode).ToArray().ShouldBe([2]);
        Bytes(published, "mine").ShouldBe([0xFF, 0xFE]);
        Text(published, "x-dataload-stream").ShouldBe("act.share");
        Text(published, "x-dataload-reason").ShouldBe(RejectReason.BadField);
        Text(published, "x-dataload-error").ShouldBe("field wuId = x");
        published.TryGetHeader("x-dataload-received"u8, out AmqpValue received).ShouldBeTrue();
        received.TryGetInt64(out long at).ShouldBeTrue();
        at.ShouldBe(1234);
    }

    [Theory]
    [InlineData("CC")]
    [InlineData("BCC")]
    [InlineData("x-death")]
    public void Headers_that_the_broker_acts_on_are_left_out_and_named(string name)
    {
        AmqpProperties published = Publish(IntakeKit.Json.WithHeader(Encoding.UTF8.GetBytes(name), "other"u8).WithHeader("mine"u8, 1));

        published.TryGetHeader(Encoding.UTF8.GetBytes(name), out _).ShouldBeFalse();
        published.TryGetHeader("mine"u8, out _).ShouldBeTrue();
        Text(published, "x-dataload-error").ShouldContain(name);
        Text(published, "x-dataload-dropped-headers").ShouldBe(name);
    }

    [Fact]
    public void Headers_beyond_a_frame_are_left_out_largest_first_and_named()
    {
        AmqpProperties came = IntakeKit.Json.WithHeader("largest"u8, new byte[2000]);
        for (int i = 0; i < 128; i++)
        {
            came = came.WithHeader(Encoding.UTF8.GetBytes($"h{i:000}"), Enumerable.Repeat((byte)'v', 1013).ToArray());
        }

        AmqpProperties published = Publish(came);

        published.Bytes.Length.ShouldBeLessThanOrEqualTo(FrameBytes);
        published.TryGetHeader("largest"u8, out _).ShouldBeFalse();
        Text(published, "x-dataload-error").ShouldContain("largest");
        int kept = Enumerable.Range(0, 128).Count(i => published.TryGetHeader(Encoding.UTF8.GetBytes($"h{i:000}"), out _));
        kept.ShouldBeInRange(110, 127);
    }

    [Fact]
    public void Headers_that_cannot_be_read_go_where_they_do_not_fit_and_are_named()
    {
        byte[] entries = [4, .. "what"u8, (byte)'Z', .. new byte[FrameBytes]];
        byte[] bytes = [0x20, 0, 0, 0, 0, 0, .. entries];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(2), entries.Length);

        AmqpProperties published = Publish(new AmqpProperties(bytes));

        published.Bytes.Length.ShouldBeLessThanOrEqualTo(FrameBytes);
        Text(published, "x-dataload-error").ShouldContain("cannot be read");
    }

    [Fact]
    public void Another_users_name_goes_on_as_a_header()
    {
        AmqpProperties published = Publish(IntakeKit.Json.With(AmqpProperty.UserId, "somebody"u8));

        published.TryGet(AmqpProperty.UserId, out _).ShouldBeFalse();
        Text(published, "x-dataload-user-id").ShouldBe("somebody");
        Publish(IntakeKit.Json.With(AmqpProperty.UserId, "me"u8)).Get(AmqpProperty.UserId).ToArray().ShouldBe("me"u8.ToArray());
    }

    [Fact]
    public void Without_its_body_it_says_so()
    {
        AmqpMessage message = LetterOf(IntakeKit.Json).ToMessage("me", FrameBytes, withBody: false);

        message.Body.Length.ShouldBe(0);
        Text(message.Properties, "x-dataload-error").ShouldContain("body of 4 bytes");
    }

    [Fact]
    public void The_store_gives_back_what_it_got()
    {
        Letter letter = LetterOf(IntakeKit.Json.With(AmqpProperty.CorrelationId, [0xFF]).WithHeader("mine"u8, [0xFF, 0xFE]));

        Letter read = Letter.Of(ParkedContent.Decode(Guid.Empty, letter.ToParked().Encode()))!;

        (read.Stream, read.Rejection, read.ReceivedMs).ShouldBe((letter.Stream, letter.Rejection, letter.ReceivedMs));
        read.Properties.Bytes.ToArray().ShouldBe(letter.Properties.Bytes.ToArray());
        read.Body.ToArray().ShouldBe(letter.Body.ToArray());
        Letter.Of(new ParkedContent(1, default, default)).ShouldBeNull();
    }

    [Fact]
    public void A_stored_form_with_any_bit_wrong_or_cut_short_is_refused()
    {
        byte[] bytes = LetterOf(IntakeKit.Json).ToParked().Encode();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] wrong = [.. bytes];
            wrong[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<StoredFormatException>(() => ParkedContent.Decode(Guid.Empty, wrong));
        }

        for (int length = 0; length < bytes.Length; length++)
        {
            Should.Throw<StoredFormatException>(() => ParkedContent.Decode(Guid.Empty, bytes.AsMemory(0, length)));
        }
    }

    private static Letter LetterOf(AmqpProperties properties) =>
        new("act.share", new Rejection(RejectReason.BadField, "field wuId = x"), 1234, properties, "body"u8.ToArray());

    private static AmqpProperties Publish(AmqpProperties properties) => LetterOf(properties).ToMessage("me", FrameBytes, withBody: true).Properties;

    private static byte[] Bytes(AmqpProperties properties, string header)
    {
        properties.TryGetHeader(Encoding.UTF8.GetBytes(header), out AmqpValue value).ShouldBeTrue($"the header {header}");
        return value.Bytes.ToArray();
    }

    private static string Text(AmqpProperties properties, string header) => Encoding.UTF8.GetString(Bytes(properties, header));
}
