using DataLoad.Engine.Binary;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Tests.Journaling;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake;

public sealed class MessageCodecTests
{
    private static readonly Guid Id = Guid.Parse("00000000-0000-0000-0000-000000000007");

    [Fact]
    public void Headers_of_every_amqp_type_come_back_as_they_were()
    {
        var headers = new Dictionary<string, object?>
        {
            ["null"] = null,
            ["true"] = true,
            ["false"] = false,
            ["sbyte"] = sbyte.MinValue,
            ["byte"] = byte.MaxValue,
            ["short"] = short.MinValue,
            ["ushort"] = ushort.MaxValue,
            ["int"] = int.MinValue,
            ["uint"] = uint.MaxValue,
            ["long"] = long.MinValue,
            ["ulong"] = ulong.MaxValue,
            ["float"] = -1.5f,
            ["nan"] = double.NaN,
            ["double"] = double.Epsilon,
            ["decimal"] = -12345.678m,
            ["time"] = new AmqpTimestamp(1_772_323_200),
            ["bytes"] = new byte[] { 0, 255 },
            ["empty"] = Array.Empty<byte>(),
            ["text"] = "会话🐻",
            ["table"] = new Dictionary<string, object?> { ["a"] = 1, ["deep"] = new List<object?> { 1L, "x", null } },
            [""] = new List<object?>(),
        };

        Dictionary<string, object?> read = RoundTrip(headers);

        read.Keys.ShouldBe(headers.Keys);
        foreach ((string name, object? value) in headers)
        {
            read[name]?.GetType().ShouldBe(value?.GetType(), name);
        }

        read.Where(entry => entry.Key is not "table" and not "").Select(entry => entry.Value)
            .ShouldBe(headers.Where(entry => entry.Key is not "table" and not "").Select(entry => entry.Value));
        var table = (Dictionary<string, object?>)read["table"]!;
        table["a"].ShouldBe(1);
        table["deep"].ShouldBe(new List<object?> { 1L, "x", null });
        ((BinaryTableValue)RoundTrip(new Dictionary<string, object?> { ["b"] = new BinaryTableValue([1, 2]) })["b"]!).Bytes.ShouldBe([1, 2]);
    }

    [Fact]
    public void Headers_nest_to_the_limit_and_no_deeper()
    {
        RoundTrip(Nested(HeaderCodec.MaxDepth)).Count.ShouldBe(1);

        Should.Throw<InvalidDataException>(() => RoundTrip(Nested(HeaderCodec.MaxDepth + 1))).Message.ShouldContain("deeper");
    }

    [Fact]
    public void A_header_that_cannot_be_stored_is_refused_by_its_type() =>
        Should.Throw<InvalidDataException>(() => RoundTrip(new Dictionary<string, object?> { ["x"] = DateTime.UnixEpoch })).Message.ShouldContain("DateTime");

    [Fact]
    public void A_parked_message_comes_back_with_all_its_properties()
    {
        (long received, BasicProperties properties, byte[] body) = ParkedMessage.Decode(Id, Full());

        received.ShouldBe(1_772_323_200_123);
        body.ShouldBe([0, 1, 255]);
        properties.ContentType.ShouldBe("application/json");
        properties.ContentEncoding.ShouldBe("UTF-8");
        properties.CorrelationId.ShouldBe("c");
        properties.ReplyTo.ShouldBe("r");
        properties.Expiration.ShouldBe("60000");
        properties.MessageId.ShouldBe("m");
        properties.Type.ShouldBe("t");
        properties.UserId.ShouldBe("u");
        properties.AppId.ShouldBe("a");
        properties.ClusterId.ShouldBe("k");
        properties.DeliveryMode.ShouldBe(DeliveryModes.Transient);
        properties.Priority.ShouldBe((byte)9);
        properties.Timestamp.UnixTime.ShouldBe(1_772_323_200);
        properties.Headers!["x-delay"].ShouldBe(5);
    }

    [Fact]
    public void Absent_properties_stay_absent()
    {
        BasicProperties read = ParkedMessage.Decode(Id, ParkedMessage.Encode(1, new BasicProperties(), [])).Properties;

        read.IsContentTypePresent().ShouldBeFalse();
        read.IsTimestampPresent().ShouldBeFalse();
        read.IsHeadersPresent().ShouldBeFalse();
        read.IsDeliveryModePresent().ShouldBeFalse();
        read.IsMessageIdPresent().ShouldBeFalse();
    }

    [Fact]
    public void A_damaged_parked_message_is_refused_by_its_id()
    {
        DamagedBytes.ShouldBeRefused(Full(), bytes => ParkedMessage.Decode(Id, bytes), Id.ToString());
        DamagedBytes.ShouldNotCrash(Full(), bytes => ParkedMessage.Decode(Id, bytes), seed: 5, perByte: 128, Id.ToString());
    }

    private static byte[] Full() => ParkedMessage.Encode(
        1_772_323_200_123,
        new BasicProperties
        {
            ContentType = "application/json",
            ContentEncoding = "UTF-8",
            CorrelationId = "c",
            ReplyTo = "r",
            Expiration = "60000",
            MessageId = "m",
            Type = "t",
            UserId = "u",
            AppId = "a",
            ClusterId = "k",
            DeliveryMode = DeliveryModes.Transient,
            Priority = 9,
            Timestamp = new AmqpTimestamp(1_772_323_200),
            Headers = new Dictionary<string, object?> { ["x-delay"] = 5, ["list"] = new List<object?> { 1.5m, "a" }, ["bytes"] = new byte[] { 1 } },
        },
        [0, 1, 255]);

    private static Dictionary<string, object?> Nested(int depth)
    {
        object? value = 1;
        for (int i = 0; i < depth; i++)
        {
            value = i % 2 == 0 ? new Dictionary<string, object?> { ["d"] = value } : new List<object?> { value };
        }

        return new Dictionary<string, object?> { ["top"] = value };
    }

    private static Dictionary<string, object?> RoundTrip(Dictionary<string, object?> headers)
    {
        var writer = new ByteWriter();
        HeaderCodec.Write(writer, headers);
        var reader = new ByteReader(writer.Written);
        Dictionary<string, object?> read = HeaderCodec.Read(ref reader);
        reader.End();
        return read;
    }
}
