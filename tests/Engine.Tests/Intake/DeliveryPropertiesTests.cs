using System.Collections;
using System.Text;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Tests.Hostile;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake;

/// <summary>Properties read from bytes are what the client library makes of them: it writes here, and writes them again.</summary>
public sealed class DeliveryPropertiesTests
{
    private readonly DeliveryProperties _read = new(new RepeatedText(), new RepeatedText());

    [Fact]
    public void Properties_come_back_as_the_client_library_wrote_them()
    {
        var random = new Random(20_260_302);
        for (int i = 0; i < 3000; i++)
        {
            BasicProperties written = Some(random);
            byte[] bytes = Written(written);
            _read.Set(bytes);

            _read.Error.ShouldBeNull();
            (_read.ContentType, _read.ContentEncoding, _read.MessageId).ShouldBe((written.ContentType, written.ContentEncoding, written.MessageId));
            _read.TimestampSeconds.ShouldBe(written.Timestamp.UnixTime);
            IReadOnlyBasicProperties all = _read.ToBasicProperties();
            Written(new BasicProperties(all)).ShouldBe(bytes);
            Shown(all.Headers).ShouldBe(Shown(written.Headers));
        }
    }

    [Theory]
    [InlineData((byte)5, 5L)]
    [InlineData((sbyte)-5, -5L)]
    [InlineData((short)-500, -500L)]
    [InlineData((ushort)60_000, 60_000L)]
    [InlineData(7, 7L)]
    [InlineData(4_000_000_000U, 4_000_000_000L)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData("1234", 1234L)]
    public void The_engines_own_headers_are_found_among_others(object value, long expected)
    {
        _read.Set(Written(new BasicProperties
        {
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["__TypeId__"] = "java.util.Map",
                ["x-delay"] = value,
                ["x-dataload-received"] = "7",
                ["list"] = new List<object?> { 1, null, "x" },
            },
        }));

        _read.TryDelay(out long? delay).ShouldBeTrue();
        _read.TryReceived(out long? received).ShouldBeTrue();
        (delay, received).ShouldBe((expected, 7L));
    }

    [Fact]
    public void A_header_that_is_no_integer_is_told_and_shown()
    {
        _read.Set(Written(new BasicProperties { Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-delay"] = "soon" } }));

        _read.TryDelay(out _).ShouldBeFalse();
        _read.ShowDelay().ShouldBe("soon");
    }

    [Fact]
    public void Both_ways_say_the_same_and_nothing_is_kept_of_what_was_before()
    {
        var full = new BasicProperties { ContentType = "a", ContentEncoding = "b", MessageId = "m", Timestamp = new AmqpTimestamp(9), Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-delay"] = 3 } };
        foreach (Action<BasicProperties> set in (Action<BasicProperties>[])[_read.Set, properties => _read.Set(Written(properties))])
        {
            set(full);
            _read.TryDelay(out long? delay).ShouldBeTrue();
            (_read.ContentType, _read.ContentEncoding, _read.MessageId, _read.TimestampSeconds, delay).ShouldBe(("a", "b", "m", 9L, 3L));

            set(new BasicProperties());
            _read.TryDelay(out delay).ShouldBeTrue();
            (_read.ContentType, _read.ContentEncoding, _read.MessageId, _read.TimestampSeconds, delay).ShouldBe((null, null, null, 0L, null));
        }
    }

    [Fact]
    public void A_usual_message_allocates_nothing()
    {
        byte[] bytes = Written(new BasicProperties
        {
            ContentType = "application/json",
            ContentEncoding = "UTF-8",
            DeliveryMode = DeliveryModes.Persistent,
            Priority = 1,
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["__TypeId__"] = "java.util.LinkedHashMap" },
        });
        Use();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Use();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);

        void Use()
        {
            _read.Set(bytes);
            if (_read.ContentType is null || _read.ContentEncoding is null || _read.MessageId is not null || !_read.TryDelay(out _) || !_read.TryReceived(out _))
            {
                throw new InvalidOperationException("not what was written");
            }
        }
    }

    [Fact]
    public void Malformed_bytes_are_told_with_what_can_be_read()
    {
        byte[] headers = [0, 0, 0, 12, 1, (byte)'a', (byte)'I', 0, 0, 0, 5, 1, (byte)'b', (byte)'S', 0, 0];
        _read.Set([0xA0, 0x80, 1, (byte)'j', .. headers, 2, (byte)'i', (byte)'d']);

        _read.Error.ShouldNotBeNull().ShouldContain("malformed");
        IReadOnlyBasicProperties all = _read.ToBasicProperties();
        all.ContentType.ShouldBe("j");
        all.MessageId.ShouldBe("id", "the table says where it ends");
        all.Headers.ShouldNotBeNull()["a"].ShouldBe(5);
        all.Headers.ShouldContainKey(DeliveryHeaders.DroppedHeaders);
    }

    [Fact]
    public void Tables_without_end_and_lengths_without_bytes_are_malformed_within_bounds()
    {
        byte[] deep = [];
        for (int i = 0; i < 10_000; i++)
        {
            deep = [(byte)'A', (byte)(deep.Length >> 24), (byte)(deep.Length >> 16), (byte)(deep.Length >> 8), (byte)deep.Length, .. deep];
        }

        byte[] entry = [1, (byte)'a', .. deep];
        byte[][] claims =
        [
            [],
            [0x80],
            [0x80, 0],
            [0x80, 0, 9, 1],
            [0, 1],
            [0, 0, 0],
            [0x20, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x20, 0, 0, 0, 0, 7, 1, (byte)'a', (byte)'S', 0x7F, 0xFF, 0xFF, 0xFF],
            [0x20, 0, 0, 0, 0, 8, 1, (byte)'a', (byte)'D', 29, 0, 0, 0, 1],
            [0x20, 0, (byte)(entry.Length >> 24), (byte)(entry.Length >> 16), (byte)(entry.Length >> 8), (byte)entry.Length, .. entry],
        ];
        foreach (byte[] claim in claims)
        {
            AllocationBound.ShouldHold(claim, 16, () =>
            {
                _read.Set(claim);
                _read.Error.ShouldNotBeNull();
                _read.ToBasicProperties();
            });
        }
    }

    [Fact]
    public void Damaged_bytes_are_read_or_told_and_never_thrown()
    {
        var random = new Random(20_260_303);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = ByteMutator.MutateSome(Written(Some(random)), random, "StIVFAlDx"u8);
            AllocationBound.ShouldHold(bytes, 128, () =>
            {
                _read.Set(bytes);
                _ = _read.ContentType;
                _ = _read.ContentEncoding;
                _ = _read.MessageId;
                _read.TryDelay(out _);
                _read.TryReceived(out _);
                _read.ToBasicProperties();
            });
        }
    }

    private static byte[] Written(BasicProperties properties)
    {
        IAmqpWriteable writeable = properties;
        var bytes = new byte[writeable.GetRequiredBufferSize()];
        int length = writeable.WriteTo(bytes);
        return bytes[..length];
    }

    private static BasicProperties Some(Random random)
    {
        var properties = new BasicProperties();
        Maybe(text => properties.ContentType = text);
        Maybe(text => properties.ContentEncoding = text);
        Maybe(text => properties.CorrelationId = text);
        Maybe(text => properties.ReplyTo = text);
        Maybe(text => properties.Expiration = text);
        Maybe(text => properties.MessageId = text);
        Maybe(text => properties.Type = text);
        Maybe(text => properties.UserId = text);
        Maybe(text => properties.AppId = text);
        Maybe(text => properties.ClusterId = text);
        Maybe(_ => properties.DeliveryMode = DeliveryModes.Persistent);
        Maybe(_ => properties.Priority = (byte)random.Next(1, 256));
        Maybe(_ => properties.Timestamp = new AmqpTimestamp(random.NextInt64(1, long.MaxValue)));
        Maybe(_ => properties.Headers = (IDictionary<string, object?>)SomeTable(random, 0));
        return properties;

        void Maybe(Action<string> set)
        {
            if (random.Next(2) == 0)
            {
                set(random.Next(5) == 0 ? "" : $"text ü {random.Next(100)}");
            }
        }
    }

    private static object SomeTable(Random random, int depth) => Enumerable.Range(0, random.Next(1, 6))
        .ToDictionary(i => $"h{i}{(i == 0 ? "" : "é")}", _ => SomeValue(random, depth), StringComparer.Ordinal);

    private static object? SomeValue(Random random, int depth) => random.Next(depth < 3 ? 17 : 15) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => (byte)random.Next(256),
        3 => (sbyte)random.Next(-128, 128),
        4 => (short)random.Next(short.MinValue, short.MaxValue),
        5 => (ushort)random.Next(ushort.MaxValue),
        6 => random.Next(int.MinValue, int.MaxValue),
        7 => (uint)random.NextInt64(uint.MaxValue),
        8 => random.NextInt64(),
        9 => random.NextSingle() * 1e9f,
        10 => random.NextDouble() * 1e99,
        11 => new decimal(random.Next(), 0, 0, random.Next(2) == 0, (byte)random.Next(29)),
        12 => new AmqpTimestamp(random.NextInt64()),
        13 => Encoding.UTF8.GetBytes($"bytes {random.Next()}"),
        14 => new BinaryTableValue([1, (byte)random.Next(256)]),
        15 => SomeTable(random, depth + 1),
        _ => Enumerable.Range(0, random.Next(1, 5)).Select(_ => SomeValue(random, depth + 1)).ToList(),
    };

    private static string Shown(object? value) => value switch
    {
        null => "null",
        byte[] bytes => $"bytes {Convert.ToHexString(bytes)}",
        BinaryTableValue binary => $"binary {Convert.ToHexString(binary.Bytes)}",
        IDictionary<string, object?> table => $"{{{string.Join(", ", table.Select(entry => $"{entry.Key}: {Shown(entry.Value)}"))}}}",
        IList list => $"[{string.Join(", ", list.Cast<object?>().Select(Shown))}]",
        _ => $"{value.GetType().Name} {value}",
    };
}
