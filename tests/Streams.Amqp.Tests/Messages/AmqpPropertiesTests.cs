using System.Buffers.Binary;
using System.Text;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Messages;

/// <summary>Properties are what the client library wrote, and what publishers of other languages write beyond it.</summary>
public sealed class AmqpPropertiesTests
{
    [Fact]
    public void Properties_are_read_as_the_client_library_wrote_them()
    {
        var random = new Random(20_260_302);
        for (int i = 0; i < 3000; i++)
        {
            BasicProperties written = Some(random);
            var read = new AmqpProperties(Written(written));

            Shown(read, AmqpProperty.ContentType).ShouldBe(written.ContentType);
            Shown(read, AmqpProperty.ContentEncoding).ShouldBe(written.ContentEncoding);
            Shown(read, AmqpProperty.CorrelationId).ShouldBe(written.CorrelationId);
            Shown(read, AmqpProperty.ReplyTo).ShouldBe(written.ReplyTo);
            Shown(read, AmqpProperty.Expiration).ShouldBe(written.Expiration);
            Shown(read, AmqpProperty.MessageId).ShouldBe(written.MessageId);
            Shown(read, AmqpProperty.Type).ShouldBe(written.Type);
            Shown(read, AmqpProperty.UserId).ShouldBe(written.UserId);
            Shown(read, AmqpProperty.AppId).ShouldBe(written.AppId);
            Shown(read, AmqpProperty.ClusterId).ShouldBe(written.ClusterId);
            read.TimestampSeconds.ShouldBe(written.IsTimestampPresent() ? written.Timestamp.UnixTime : null);
            read.TryGet(AmqpProperty.Priority, out ReadOnlySpan<byte> priority).ShouldBe(written.IsPriorityPresent());
            priority.ToArray().ShouldBe(written.IsPriorityPresent() ? [written.Priority] : []);
            Names(read.Headers).ShouldBe(written.Headers?.Keys.ToList() ?? []);
        }
    }

    [Fact]
    public void What_is_added_and_taken_away_again_leaves_the_bytes_as_they_were()
    {
        var random = new Random(20_260_303);
        for (int i = 0; i < 2000; i++)
        {
            BasicProperties written = Some(random);
            written.Headers ??= new Dictionary<string, object?>(StringComparer.Ordinal) { ["x"] = 1 };
            byte[] bytes = Written(written);
            var read = new AmqpProperties(bytes);

            AmqpProperties changed = read.WithHeader("added"u8, "text"u8).WithHeader("number"u8, 5L);
            changed.TryGetHeader("number"u8, out AmqpValue number).ShouldBeTrue();
            number.TryGetInt64(out long value).ShouldBeTrue();
            value.ShouldBe(5);
            changed.WithHeader("number"u8, 6L).WithoutHeader("added"u8).WithoutHeader("number"u8).Bytes.ToArray().ShouldBe(bytes);
            if (!written.IsUserIdPresent())
            {
                read.With(AmqpProperty.UserId, [0xFF, 0xFE]).Without(AmqpProperty.UserId).Bytes.ToArray().ShouldBe(bytes);
            }
        }
    }

    [Theory]
    [InlineData("b", "FB", -5L)]
    [InlineData("B", "FB", 251L)]
    [InlineData("s", "FFFE", -2L)]
    [InlineData("U", "FFFE", -2L)]
    [InlineData("u", "FFFE", 65534L)]
    [InlineData("I", "FFFFFFFF", -1L)]
    [InlineData("i", "FFFFFFFF", 4294967295L)]
    [InlineData("l", "8000000000000000", long.MinValue)]
    [InlineData("L", "000001A0C4506C00", 1_790_000_000_000L)]
    [InlineData("S", "0000000A32353030303030303030", 2_500_000_000L)]
    [InlineData("S", "000000022D37", -7L)]
    public void An_integer_of_any_type_and_digits_in_a_string_are_a_number(string type, string hex, long expected)
    {
        AmqpProperties properties = WithHeaders(Entry("x-delay", type[0], Convert.FromHexString(hex)), Entry("after", 'I', [0, 0, 0, 9]));

        properties.TryGetHeader("x-delay"u8, out AmqpValue header).ShouldBeTrue();
        header.TryGetInt64(out long value).ShouldBeTrue();
        value.ShouldBe(expected);
        properties.TryGetHeader("after"u8, out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("S", "00000004736F6F6E", "soon")]
    [InlineData("S", "00000000", "")]
    [InlineData("S", "000000013120", "1")]
    [InlineData("t", "01", "true")]
    [InlineData("V", "", "null")]
    [InlineData("D", "1E0000000F", "15e-30")]
    [InlineData("d", "3FF8000000000000", "1.5")]
    [InlineData("T", "0000000000000005", "5")]
    [InlineData("F", "00000000", "a table of 0 bytes")]
    [InlineData("A", "00000000", "an array of 0 bytes")]
    public void What_is_no_number_is_none_and_is_shown(string type, string hex, string shown)
    {
        AmqpProperties properties = WithHeaders(Entry("x-delay", type[0], Convert.FromHexString(hex)));

        properties.TryGetHeader("x-delay"u8, out AmqpValue header).ShouldBeTrue();
        header.TryGetInt64(out _).ShouldBe(string.Equals(shown, "1", StringComparison.Ordinal));
        header.ToString().ShouldBe(shown);
    }

    [Fact]
    public void After_a_value_of_unknown_type_the_table_is_left_unread_and_the_other_properties_are_not()
    {
        byte[] unknown = Entry("odd", '?', [1, 2, 3, 4]);
        byte[] known = Entry("a", 'I', [0, 0, 0, 7]);
        byte[] bytes = [.. WithHeaders(known, unknown, Entry("b", 'I', [0, 0, 0, 8])).Bytes.Span, 2, (byte)'i', (byte)'d'];
        bytes[1] |= 0x80;
        var properties = new AmqpProperties(bytes);

        properties.MessageId.ToArray().ShouldBe("id"u8.ToArray());
        Names(properties.Headers).ShouldBe(["a"]);
        AmqpProperties added = properties.WithHeader("new"u8, 5L);
        added.TryGetHeader("new"u8, out _).ShouldBeTrue("a new header stands before what cannot be read");
        added.WithoutHeader("new"u8).Bytes.ToArray().ShouldBe(bytes);
    }

    [Fact]
    public void Bytes_that_are_no_text_stay_as_they_are()
    {
        byte[] id = [.. Enumerable.Repeat((byte)0xFF, 100)];
        AmqpProperties properties = default(AmqpProperties).With(AmqpProperty.CorrelationId, id).WithHeader([0xC3, 0x28], [0xFF]);

        properties.Get(AmqpProperty.CorrelationId).ToArray().ShouldBe(id);
        properties.TryGetHeader([0xC3, 0x28], out AmqpValue value).ShouldBeTrue();
        value.Bytes.ToArray().ShouldBe([0xFF]);
        properties.Without(AmqpProperty.Headers).Without(AmqpProperty.CorrelationId).Bytes.ToArray().ShouldBe([0, 0]);
    }

    [Fact]
    public void A_value_that_does_not_fit_is_refused_with_its_length()
    {
        Should.Throw<ArgumentException>(() => default(AmqpProperties).With(AmqpProperty.MessageId, new byte[256])).Message.ShouldContain("256");
        Should.Throw<ArgumentException>(() => default(AmqpProperties).With(AmqpProperty.Timestamp, new byte[4])).Message.ShouldContain("expected 8");
        Should.Throw<ArgumentException>(() => default(AmqpProperties).With(AmqpProperty.Headers, [])).Message.ShouldContain("one by one");
        Should.Throw<ArgumentException>(() => default(AmqpProperties).WithHeader(new byte[256], 1L)).Message.ShouldContain("255");
    }

    [Fact]
    public void Flags_that_go_on_and_properties_that_AMQP_does_not_define_hide_none_that_it_does()
    {
        var properties = new AmqpProperties(new byte[] { 0x80, 0x81, 0x80, 0, 1, (byte)'j', 2, (byte)'i', (byte)'d', 9, 9 });

        properties.ContentType.ToArray().ShouldBe("j"u8.ToArray());
        properties.MessageId.ToArray().ShouldBe("id"u8.ToArray());
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        byte[] bytes = Written(new BasicProperties
        {
            ContentType = "application/json",
            MessageId = "1",
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["__TypeId__"] = "java.util.LinkedHashMap", ["x-delay"] = 5 },
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
            var properties = new AmqpProperties(bytes);
            if (properties.ContentType.IsEmpty || properties.MessageId.IsEmpty || !properties.TryGetHeader("x-delay"u8, out AmqpValue delay) || !delay.TryGetInt64(out _))
            {
                throw new InvalidOperationException("not what was written");
            }
        }
    }

    internal static byte[] Written(BasicProperties properties)
    {
        IAmqpWriteable writeable = properties;
        var bytes = new byte[writeable.GetRequiredBufferSize()];
        int length = writeable.WriteTo(bytes);
        return bytes[..length];
    }

    internal static byte[] Entry(string name, char type, byte[] value) => [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)type, .. value];

    internal static AmqpProperties WithHeaders(params byte[][] entries)
    {
        byte[] table = [.. entries.SelectMany(entry => entry)];
        byte[] bytes = [0x20, 0, 0, 0, 0, 0, .. table];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(2), table.Length);
        return new AmqpProperties(bytes);
    }

    private static string? Shown(AmqpProperties properties, AmqpProperty property) =>
        properties.TryGet(property, out ReadOnlySpan<byte> value) ? Encoding.UTF8.GetString(value) : null;

    private static List<string> Names(AmqpTable table)
    {
        var names = new List<string>();
        foreach (AmqpField field in table)
        {
            names.Add(Encoding.UTF8.GetString(field.Name));
        }

        return names;
    }

    internal static BasicProperties Some(Random random)
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
}
