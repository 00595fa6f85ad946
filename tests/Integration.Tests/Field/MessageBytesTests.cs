using System.Buffers.Binary;
using System.Text.Json;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.Field;

/// <summary>Bytes are bytes: what publishers of other languages send is counted, or kept as a dead letter byte for byte, through listing, requeuing and
/// editing.</summary>
public sealed class MessageBytesTests
{
    private const string DeadLetters = "dataload.dead";
    private const string NoSession = """{"topicType":"activity","topicId":7}""";

    private static readonly byte[] NoText = [.. Enumerable.Repeat((byte)0xFF, 100)];

    /// <summary>Headers that a client library may fault on.</summary>
    public static TheoryData<string, string> Headers => new()
    {
        { "a 64-bit integer of type L, as py-amqp writes it", "0874726163652D6D734C000001A0C25B6C00" },
        { "a decimal of scale 30", "05707269636544" + "1E" + "0000007B" },
        { "a name that is no text", "03C328FF" + "53" + "00000001" + "80" },
        { "two of one name", "016153000000013101" + "6153000000013201" + "6256" },
        { "tables in tables in an array", "0174" + "41" + "0000000F" + "46" + "0000000A" + "0175" + "46" + "00000003" + "0176" + "56" },
        { "a float, and a time far from now", "0166" + "66" + "3FC00000" + "0174" + "54" + "FFFFFFFFFFFFFFFF" },
        { "a byte array", "0162" + "78" + "00000003" + "00FFFE" },
        { "an array of arrays", "016141" + "0000000A" + "41" + "00000005" + "49" + "00000007" },
        { "an empty name and an empty text", "00" + "53" + "00000000" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public Task A_header_of_any_type_costs_nothing_and_stays_as_it_came(string what, string hex) => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        AmqpProperties properties = WithHeaders(Convert.FromHexString(hex)).With(AmqpProperty.CorrelationId, NoText);
        HostProcess host = await scenario.StartHostAsync();
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", properties, Good(1));
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", properties, NoSession);
        await broker.PublishAsync(ContractStreams.BearShare.Exchange, "", RawBroker.Json, Good(2));
        await host.WaitForMetricAsync("dataload_events_total", 2);
        await broker.WaitForAsync(DeadLetters, 1);
        byte[] first = ShouldHave((await broker.PeekAsync(DeadLetters)).ShouldHaveSingleItem(what), properties);

        JsonElement listed = (await host.ReadAsync("/dead-letters/messages?maxAge=0")).GetProperty("items")[0];
        string id = listed.GetProperty("id").GetString()!;
        JsonElement shown = await host.ReadAsync($"/dead-letters/messages/{id}");
        shown.GetProperty("properties").GetProperty("correlation-id").GetString().ShouldBe($"0x{new string('F', 200)}");
        (await host.DoAsync("/dead-letters/requeue", """{"all":true}""")).GetProperty("moved").GetInt64().ShouldBe(1);
        await host.WaitForMetricAsync("dataload_dead_letters_total", 2);
        await broker.WaitForAsync(DeadLetters, 1);

        ShouldHave((await broker.PeekAsync(DeadLetters)).ShouldHaveSingleItem(), properties).ShouldBe(first, "a requeue changes no byte");
        host.Log.ShouldNotContain("No connection to the broker");
    });

    [Fact]
    public Task Message_ids_that_are_no_text_are_identities_through_requeuing_too() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        HostProcess host = await scenario.StartHostAsync();
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        var random = new Random(4);
        List<byte[]> ids = [[0, 0, 0, 0xFE], [0, 0, 0, 0xFF]];
        for (int i = 0; i < 40; i++)
        {
            var id = new byte[16];
            random.NextBytes(id);
            ids.Add(id);
        }

        foreach (byte[] id in ids.Concat(ids))
        {
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json.With(AmqpProperty.MessageId, id),
                """{"sessionStr":"s","topicType":"activity","topicId":7,"wuId":5}""");
        }

        await host.WaitForMetricAsync("dataload_deliveries_total", 84);
        await host.WaitUntilSettledAsync(84);
        (await host.MetricsAsync()).Sum("dataload_events_total").ShouldBe(42);

        // The same ids and two more come back from the dead: only those two count.
        ids = [.. ids, [0, 0, 0, 0xFD], [0x80]];
        foreach (byte[] id in ids)
        {
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json.With(AmqpProperty.MessageId, id), NoSession);
        }

        await broker.WaitForAsync(DeadLetters, 44);
        JsonElement list = await host.ReadAsync("/dead-letters/messages?maxAge=0&limit=100");
        string body = JsonSerializer.Serialize(new { body = """{"sessionStr":"s","topicType":"activity","topicId":7,"wuId":5}""" });
        foreach (JsonElement letter in list.GetProperty("items").EnumerateArray())
        {
            (await host.DoAsync($"/dead-letters/messages/{letter.GetProperty("id").GetString()}/edit", body)).GetProperty("moved").GetInt64()
                .ShouldBe(1, "no two of them share an id");
        }

        await host.WaitUntilSettledAsync(84 + 44 + 44);
        (await host.MetricsAsync()).Sum("dataload_events_total").ShouldBe(44);
    });

    [Fact]
    public Task Headers_beyond_a_frame_are_left_out_by_name_and_hold_up_nothing() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        HostProcess host = await scenario.StartHostAsync();
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        foreach (int bytes in (int[])[1013, 1012, 1000, 990, 980])
        {
            AmqpProperties properties = RawBroker.Json;
            for (int i = 0; i < 128; i++)
            {
                properties = properties.WithHeader(System.Text.Encoding.UTF8.GetBytes($"h{i:000}"), new byte[bytes - 9]);
            }

            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", properties.With(AmqpProperty.CorrelationId, NoText), NoSession);
        }

        await broker.PublishAsync(ContractStreams.BearShare.Exchange, "", RawBroker.Json, NoSession);
        await broker.WaitForAsync(DeadLetters, 6);
        await broker.PublishAsync(ContractStreams.BearShare.Exchange, "", RawBroker.Json, Good(1));
        await host.WaitForMetricAsync("dataload_events_total", 1);

        IReadOnlyList<(AmqpProperties Properties, byte[] Body)> letters = await broker.PeekAsync(DeadLetters);
        foreach ((AmqpProperties properties, byte[] _) in letters.Where(letter => letter.Properties.TryGetHeader("h127"u8, out _)))
        {
            int left = 0;
            foreach (AmqpField field in properties.Headers)
            {
                left += field.Name[0] == (byte)'h' ? 1 : 0;
            }

            properties.TryGetHeader("x-dataload-dropped-headers"u8, out AmqpValue dropped).ShouldBe(left < 128);
            properties.TryGetHeader("x-dataload-error"u8, out AmqpValue error).ShouldBeTrue();
            System.Text.Encoding.UTF8.GetString(error.Bytes).Contains("Left out of the dead letter: the headers h", StringComparison.Ordinal).ShouldBe(left < 128);
            left.ShouldBeGreaterThan(100);
            properties.Get(AmqpProperty.CorrelationId).ToArray().ShouldBe(NoText);
        }

        (await host.DoAsync("/dead-letters/requeue", """{"all":true}""")).GetProperty("moved").GetInt64().ShouldBe(6);
        await broker.WaitForAsync(DeadLetters, 6);
    });

    [Fact]
    public Task A_requeue_goes_to_the_streams_own_queue_and_nowhere_else() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        HostProcess host = await scenario.StartHostAsync();
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        AmqpProperties copies = WithHeaders([2, (byte)'C', (byte)'C', (byte)'A', .. Array("queue.data.load.bear.share.cnt")]);
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", copies, NoSession);
        await broker.WaitForAsync(DeadLetters, 1);

        // As a letter of somebody else's making, with what the broker acts on in it.
        AmqpProperties foreign = WithHeaders([3, (byte)'B', (byte)'C', (byte)'C', (byte)'A', .. Array("queue.data.load.bear.share.cnt")])
            .WithHeader("x-dataload-stream"u8, "act.share"u8).With(AmqpProperty.UserId, "somebody"u8);
        await broker.DeclareAsync("aside");
        await broker.PublishAsync("", DeadLetters, foreign.Without(AmqpProperty.UserId), Good(3));
        await broker.WaitForAsync(DeadLetters, 2);
        foreach (JsonElement letter in (await host.ReadAsync("/dead-letters/messages?maxAge=0")).GetProperty("items").EnumerateArray())
        {
            string body = JsonSerializer.Serialize(new { body = Good(letter.GetProperty("bytes").GetInt32()) });
            (await host.DoAsync($"/dead-letters/messages/{letter.GetProperty("id").GetString()}/edit", body)).GetProperty("moved").GetInt64().ShouldBe(1);
        }

        await host.WaitForMetricAsync("dataload_events_total", 2);
        await broker.WaitForAsync(DeadLetters, 0);
        await host.WaitUntilSettledAsync(3);
        MetricsPage metrics = await host.MetricsAsync();
        metrics.Sum("dataload_deliveries_total", "stream=\"bear.share\"").ShouldBe(1, "BCC took the letter there when it was published, and the requeue did not");
    });

    /// <summary>A letter's own headers and properties, all as they came.</summary>
    private static byte[] ShouldHave((AmqpProperties Properties, byte[] Body) letter, AmqpProperties came)
    {
        letter.Body.ShouldBe(System.Text.Encoding.UTF8.GetBytes(NoSession));
        letter.Properties.Get(AmqpProperty.CorrelationId).ToArray().ShouldBe(NoText);
        letter.Properties.Get(AmqpProperty.ContentType).ToArray().ShouldBe("application/json"u8.ToArray());
        byte[] headers = letter.Properties.Headers.Bytes.ToArray();
        byte[] expected = came.Headers.Bytes.ToArray();
        headers.AsSpan(headers.Length - expected.Length).ToArray().ShouldBe(expected);
        return headers;
    }

    private static AmqpProperties WithHeaders(byte[] entries)
    {
        // The flags of content type and headers, which the class that builds properties would not write for what it cannot read.
        byte[] type = "application/json"u8.ToArray();
        var bytes = new byte[2 + 1 + type.Length + 4 + entries.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, 0b1010_0000_0000_0000);
        bytes[2] = (byte)type.Length;
        type.CopyTo(bytes, 3);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(3 + type.Length), entries.Length);
        entries.CopyTo(bytes, 7 + type.Length);
        return new AmqpProperties(bytes);
    }

    private static byte[] Array(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var array = new byte[4 + 5 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(array, 5 + bytes.Length);
        array[4] = (byte)'S';
        BinaryPrimitives.WriteInt32BigEndian(array.AsSpan(5), bytes.Length);
        bytes.CopyTo(array, 9);
        return array;
    }

    private static string Good(int number) =>
        $$"""{"sessionStr":"s","topicType":"activity","topicId":7,"wuId":{{number}},"ctime":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}""";
}
