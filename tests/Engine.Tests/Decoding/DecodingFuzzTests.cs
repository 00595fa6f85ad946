using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Decoding;

/// <summary>Hostile bytes: whatever comes, the answer is null or a rejection, with fixed seeds.</summary>
public class DecodingFuzzTests
{
    /// <summary>More than any answer to a body of a few hundred bytes needs, the reader's exception included.</summary>
    private const int MaxAllocatedBytes = 64 * 1024;

    private static readonly string[] Streams = ["act.share", "act.group", "act.buy", "bear.visit", "act.red-pack-expire", "act.h5-visit"];

    private static readonly string?[] Types =
        [StreamDecoder.Json, "text/plain", StreamDecoder.Java, "application/octet-stream", null, "application/json; charset=utf-8", "image/png"];

    private static readonly byte[][] Seeds =
    [
        Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + ",\"joinType\":1,\"wuId\":\"7\",\"ctime\":1717171717171,\"qrCode\":null}"),
        Encoding.UTF8.GetBytes("\uFEFF { \"topicType\" : \"中\\ud83d\\ude00\\n\" , \"x\" : [1,{\"a\":-1.5e3}] ," + StreamDecoder.Required + "} "),
        Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize("{" + StreamDecoder.Required + ",\"qrCode\":\"é\\u0041\"}")),
        Encoding.UTF8.GetBytes("""{"actReceiveId":1,"redPackNum":"2","orderId":3,"channelCode":"c"}"""),
        Encoding.UTF8.GetBytes("""{"recordId":33,"userRecordId":"0033"}"""),
        "33"u8.ToArray(),
        "\"33\""u8.ToArray(),
        " +0033 "u8.ToArray(),
        Convert.FromHexString(JavaBodyTests.Integer33),
        Convert.FromHexString(JavaBodyTests.Long33),
        Convert.FromHexString(JavaBodyTests.String33),
        JavaBodyTests.JavaString([.. "{\"sessionStr\":\""u8, 0xC0, 0x80, 0xC3, 0xA9, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80,
            .. "\",\"topicType\":\"t\",\"topicId\":5}"u8]),
        JavaBodyTests.JavaLongString(Encoding.UTF8.GetBytes("{" + StreamDecoder.Required + "}")),
    ];

    private static ReadOnlySpan<byte> Telling => "{}[]\",:\\/u0123456789dDeE+-.ntrfalsx \t\r\n\0\x1f\x7f"u8;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_mutated_body_is_read_or_refused(int seed)
    {
        var random = new Random(seed);
        StreamDecoder[] decoders = [.. Streams.Select(stream => new StreamDecoder(stream))];
        int good = 0;
        for (int i = 0; i < 8_000; i++)
        {
            byte[] body = ByteMutator.MutateSome(Seeds[random.Next(Seeds.Length)], random, Telling);

            good += Feed(decoders[random.Next(decoders.Length)], body, random.Next(2) == 0 ? null : Types[random.Next(Types.Length)]) ? 1 : 0;
        }

        good.ShouldBeInRange(100, 10_000, "a fuzz that is always refused, or never, tests nothing");
    }

    [Fact]
    public void Random_bytes_are_read_or_refused()
    {
        var random = new Random(4);
        StreamDecoder[] decoders = [.. Streams.Select(stream => new StreamDecoder(stream))];
        for (int i = 0; i < 8_000; i++)
        {
            byte[] body = new byte[random.Next(64)];
            random.NextBytes(body);
            if (random.Next(2) == 0)
            {
                foreach (ref byte b in body.AsSpan())
                {
                    b = Telling[b % Telling.Length];
                }
            }

            if (random.Next(4) == 0)
            {
                body = [0xAC, 0xED, 0, 5, (byte)random.Next(0x70, 0x7F), .. body];
            }

            Feed(decoders[random.Next(decoders.Length)], body, Types[random.Next(Types.Length)]);
        }
    }

    [Fact]
    public void Every_prefix_of_a_good_body_is_read_or_refused()
    {
        foreach (string stream in Streams)
        {
            var decoder = new StreamDecoder(stream);
            foreach (byte[] body in Seeds)
            {
                for (int length = 0; length <= body.Length; length++)
                {
                    foreach (string? type in Types)
                    {
                        Feed(decoder, body[..length], type);
                    }
                }
            }
        }
    }

    [Fact]
    public void The_short_way_and_the_long_way_read_alike()
    {
        // A field that is an array sends the message the long way, and changes nothing else.
        var random = new Random(5);
        foreach (string stream in Streams)
        {
            var plain = new StreamDecoder(stream);
            var forced = new StreamDecoder(stream);
            int good = 0;
            for (int i = 0; i < 6_000; i++)
            {
                byte[] body = ByteMutator.Mutate(Seeds[random.Next(5)], random, Telling);
                int brace = body.AsSpan().IndexOf((byte)'{');
                if (brace < 0 || body.AsSpan(brace + 1).Trim(" \t\r\n"u8) is [] or [(byte)'}', ..] || body is not [(byte)'{', ..])
                {
                    continue;
                }

                byte[] longer = [.. "{\"~\":[],"u8, .. body.AsSpan(1)];
                Rejection? one = plain.Decode(body, StreamDecoder.Json);
                Rejection? two = forced.Decode(longer, StreamDecoder.Json);

                one?.Reason.ShouldBe(two?.Reason, Encoding.UTF8.GetString(body));
                (one is null).ShouldBe(two is null, Encoding.UTF8.GetString(body));
                if (one is null)
                {
                    good++;
                    Same(StreamDecoder.Stream(stream), plain.Fields, forced.Fields).ShouldBeTrue(Encoding.UTF8.GetString(body));
                }
                else if (!string.Equals(one.Reason, RejectReason.Unreadable, StringComparison.Ordinal))
                {
                    one.Error.ShouldBe(two!.Error);
                }
            }

            good.ShouldBeGreaterThan(50);
        }
    }

    [Fact]
    public void A_key_of_random_data_is_read_or_refused()
    {
        var random = new Random(7);
        const string Alphabet = "{}[]\",:\\u0123dDorderIdnulltrue -+.e\u0001中\ud800";
        for (int i = 0; i < 15_000; i++)
        {
            string json = "{\"orderId\":" + string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => Alphabet[random.Next(Alphabet.Length)])) + "}";
            (JsonKey.TryRead(json, "orderId", out _, out string? error) == (error is null)).ShouldBeTrue();
        }
    }

    internal static bool Same(StreamDefinition stream, MessageFields one, MessageFields two) =>
        Enumerable.Range(0, stream.Fields.Length).All(slot =>
            one.Has(slot) == two.Has(slot) && one.Integer(slot) == two.Integer(slot) && one.Text(slot).SequenceEqual(two.Text(slot)));

    /// <summary>Decodes, checks what every answer must be like, and says whether the message was good.</summary>
    private static bool Feed(StreamDecoder decoder, byte[] body, string? type)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Rejection? rejection = decoder.Decode(body, type);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        if (allocated > MaxAllocatedBytes)
        {
            allocated.ShouldBeLessThan(MaxAllocatedBytes, Convert.ToHexString(body));
        }

        if (rejection is not null && (rejection.Error.Length is 0 or > 400 || rejection.Error.Any(char.IsControl)))
        {
            rejection.Error.ShouldBe("a short visible sentence");
        }

        return rejection is null;
    }
}
