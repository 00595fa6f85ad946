using System.Globalization;
using DataLoad.Demo;
using static DataLoad.Integration.Tests.EndToEnd.Matrix.MessageMatrix;

namespace DataLoad.Integration.Tests.EndToEnd.Matrix;

/// <summary>The contract, Identity and Time and day: what is the same event, when it happened, and how long it is held.</summary>
internal static class EventCases
{
    private const string Body = $"{{{Fields}}}";
    private const string Timeless = "{\"sessionStr\":\"s\",\"topicType\":\"m\",\"topicId\":TOPIC,\"wuId\":7}";
    private const long DaySeconds = 86_400;

    public static void Add(MessageMatrix matrix)
    {
        Keys(matrix);
        MessageIds(matrix);
        Contents(matrix);
        Expiries(matrix);
        Times(matrix);
        Delays(matrix);
    }

    private static void Keys(MessageMatrix matrix)
    {
        // An order that is recorded three times counts once, whatever else the messages say; on another topic again.
        var topic = matrix.NewTopic();
        int[] records = [topic + 200_000, topic + 300_000, topic + 400_000];
        matrix.Order(topic, Common(topic), ctime: Noon + (5 * DaySeconds * 1000));
        matrix.Record(records[0], string.Create(CultureInfo.InvariantCulture, $"{{\"orderId\":{topic}}}"));
        matrix.Record(records[1], string.Create(CultureInfo.InvariantCulture, $"{{\"x\":[{{}}],\"orderId\":1,\"orderId\":\"+0{topic}\"}}"), ctime: null);
        matrix.Record(records[2], string.Create(CultureInfo.InvariantCulture, $"\uFEFF {{\"orderId\":{topic}}} "), ctime: Noon + (DaySeconds * 1000));
        foreach (var record in records)
        {
            matrix.Send(ContractStreams.ActBuy, topic, record.ToString(CultureInfo.InvariantCulture), with: message => message
                with
            { MessageId = $"buy-{record}" });
            matrix.Send(ContractStreams.ActBuy, topic, string.Create(CultureInfo.InvariantCulture, $"{{\"recordId\":{record},\"wuId\":{record}}}"));
        }

        matrix.Means(Bought(Event(ContractStreams.ActBuy, topic)));
        matrix.Send(ContractStreams.ActBuy, topic, string.Create(CultureInfo.InvariantCulture, $"{{\"recordId\":{records[0]},\"topicType\":\"other\"}}"));
        matrix.Means(Bought(Event(ContractStreams.ActBuy, topic) with { TopicType = "other" }));
        matrix.Send(ContractStreams.ActCancelPay, topic, records[0].ToString(CultureInfo.InvariantCulture));
        matrix.Means(Bought(Event(ContractStreams.ActCancelPay, topic)));

        foreach (var (data, named) in ((string?, string)[])[(null, "data is null"), ("", "empty"), ("[7]", "orderId"), ("{\"orderid\":7}", "orderId"), ("{\"orderId\":7.0}", "7.0"), ("{\"orderId\":-7}", "-7"), ("{\"orderId\":2147483648}", "2147483648")])
        {
            var record = matrix.NewTopic();
            matrix.Record(record, data);
            matrix.Rejects(ContractStreams.ActBuy, record.ToString(CultureInfo.InvariantCulture), "bad-row", named);
        }

        var bad = matrix.NewTopic();
        matrix.Record(bad, string.Create(CultureInfo.InvariantCulture, $"{{\"orderId\":{bad}}}"));
        matrix.Order(bad, Common(bad), number: -2);
        matrix.Rejects(ContractStreams.ActBuy, bad.ToString(CultureInfo.InvariantCulture), "bad-row", "buy_num = -2");
    }

    private static void MessageIds(MessageMatrix matrix)
    {
        var (topic, other) = (matrix.NewTopic(), matrix.NewTopic());
        matrix.Send(ContractStreams.ActShare, topic, Body, with: Named);
        matrix.Send(ContractStreams.ActShare, topic, Body.Replace(":7", ":8", StringComparison.Ordinal), with: Named);
        matrix.Means(Event(ContractStreams.ActShare, topic));
        matrix.Send(ContractStreams.ActShare, topic, Body.Replace("\"m\"", "\"other\"", StringComparison.Ordinal), with: Named);
        matrix.Means(Event(ContractStreams.ActShare, topic) with { TopicType = "other" });
        matrix.Send(ContractStreams.ActShare, other, Body, with: Named);
        matrix.Means(Event(ContractStreams.ActShare, other));
        matrix.Send(ContractStreams.ActLottery, topic, Body, with: Named);
        matrix.Means(Event(ContractStreams.ActLottery, topic));

        // A rejected delivery leaves no identity behind.
        var again = matrix.NewTopic();
        matrix.Rejects(ContractStreams.ActShare,
            $"{{{Fields.Replace("TOPIC", again.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)},\"wuId\":-1}}", "out-of-range", "wuId");
        var id = matrix.Messages[^1].MessageId;
        matrix.Send(ContractStreams.ActShare, again, Body, with: message => message with { MessageId = id });
        matrix.Means(Event(ContractStreams.ActShare, again));

        static WireMessage Named(WireMessage message) => message with { MessageId = "the same" };
    }

    private static void Contents(MessageMatrix matrix)
    {
        var topic = matrix.NewTopic();
        foreach (var body in (string[])[
            Body,
            "{\"ctime\":\"1714536000000\",\"wuId\":\"+7\",\"topicId\":\"TOPIC\",\"topicType\":\"m\",\"sessionStr\":\"s\",\"unknown\":5}",
            $"{{{Fields},\"qrCode\":\"\",\"channelType\":null,\"parentTopicType\":\"\",\"parentTopicId\":null}}"])
        {
            matrix.Send(ContractStreams.ActShare, topic, body);
        }

        matrix.Means(Event(ContractStreams.ActShare, topic));
        foreach (var (more, name) in ((string, string)[])[("\"qrCode\":\"q\"", "qr"), ("\"channelType\":\"c\"", "channel"), ("\"parentTopicId\":0", "parent"), ("\"ctime\":1714536000001", "later")])
        {
            matrix.Send(ContractStreams.ActShare, topic, $"{{{Fields},{more}}}");
            matrix.Means(Event(ContractStreams.ActShare, topic) with { Identity = name });
        }

        var channel = matrix.NewTopic();
        matrix.Send(ContractStreams.ActH5Visit, channel, $"{{{Fields},\"channelCode\":\"c\"}}");
        matrix.Send(ContractStreams.ActH5Visit, channel, $"{{{Fields},\"channelType\":\"c\"}}");
        matrix.Means(Event(ContractStreams.ActH5Visit, channel));
        matrix.Send(ContractStreams.ActH5Visit, channel, $"{{{Fields},\"channelType\":\"d\",\"channelCode\":\"c\"}}");
        matrix.Means(Event(ContractStreams.ActH5Visit, channel) with { Identity = "d" });

        var join = matrix.NewTopic();
        matrix.Send(ContractStreams.ActShareVisit, join, $"{{{Fields},\"joinType\":1}}");
        matrix.Send(ContractStreams.ActShareVisit, join, $"{{{Fields},\"joinType\":\"1\"}}");
        matrix.Means(Event(ContractStreams.ActShareVisit, join));
        matrix.Send(ContractStreams.ActShareVisit, join, $"{{{Fields},\"joinType\":2}}");
        matrix.Means(Event(ContractStreams.ActShareVisit, join) with { Identity = "2" });

        // Without a ctime of its own a message has no identity, though the broker has its time.
        var each = matrix.NewTopic();
        foreach (var body in (string[])[Timeless, Timeless, $"{Timeless[..^1]},\"ctime\":0}}"])
        {
            matrix.Send(ContractStreams.ActShare, each, body, with: message => message with { TimestampSeconds = Noon / 1000 });
            matrix.Means(Event(ContractStreams.ActShare, each) with { Identity = null });
        }
    }

    private static void Expiries(MessageMatrix matrix)
    {
        // The row's own time is that of the receiving; the actReceiveId makes the content an identity.
        var topic = matrix.NewTopic();
        matrix.Row(BusinessSchema.CashActivityReceive.Row([topic, .. Common(topic), true, -5, Noon - (90 * DaySeconds * 1000)]));
        matrix.Send(ContractStreams.ActRedPackExpire, topic, "{\"actReceiveId\":TOPIC,\"redPackNum\":4,\"orderId\":0}", with: AtNoon);
        matrix.Send(ContractStreams.ActRedPackExpire, topic, "{\"orderId\":\"-0\",\"wuId\":null,\"redPackNum\":\"4\",\"actReceiveId\":\"TOPIC\"}",
            with: AtNoon);
        matrix.Means(Event(ContractStreams.ActRedPackExpire, topic) with { Vip = true, Num = 4 });
        matrix.Send(ContractStreams.ActRedPackExpire, topic, "{\"actReceiveId\":TOPIC,\"redPackNum\":4,\"orderId\":1,\"wuId\":8}", with: AtNoon);
        matrix.Means(Event(ContractStreams.ActRedPackExpire, topic) with { Vip = true, Num = 4, WuId = 8, Identity = "another" });

        static WireMessage AtNoon(WireMessage message) => message with { TimestampSeconds = Noon / 1000 };
    }

    private static void Times(MessageMatrix matrix)
    {
        // The message's ctime, its row's, the AMQP timestamp, the first receipt: each where there is none before.
        var topic = matrix.NewTopic();
        for (var given = 0; given < 4; given++)
        {
            var (id, stamp) = (topic + 500_000 + given, (Noon / 1000) - (given == 2 ? 0 : 7 * DaySeconds));
            matrix.Visit(id, Common(topic), ctime: given switch { 0 => Noon - (9 * DaySeconds * 1000), 1 => Noon - (DaySeconds * 1000), 2 => 0, _ => null });
            var ctime = given == 0 ? string.Create(CultureInfo.InvariantCulture, $",\"ctime\":{Noon}") : ",\"ctime\":\"0\"";
            matrix.Send(ContractStreams.ActVisit, topic, string.Create(CultureInfo.InvariantCulture, $"{{\"userRecordId\":{id}{ctime}}}"), with: message =>
                given < 3 ? message with { TimestampSeconds = stamp - (given * DaySeconds) } : (message with { TimestampSeconds = 0 })
                    .WithHeader("x-dataload-received", Noon - (3 * DaySeconds * 1000)));
            matrix.Means(Event(ContractStreams.ActVisit, topic) with { Day = Day.AddDays(-given), Identity = $"at {given}" });
        }

        var day = TimeSpan.FromDays(1);
        matrix.Counts(ContractStreams.ActShare, $"{{{Fields},\"ctime\":946684800000}}", meaning: meant => meant with { Day = new DateOnly(2000, 1, 1) });
        matrix.Rejects(ContractStreams.ActShare, $"{{{Fields},\"ctime\":946684799999}}", "bad-time", "ctime = 946684799999");
        matrix.Rejects(ContractStreams.ActShare, $"{{{Fields},\"ctime\":-1}}", "bad-time", "ctime = -1");
        matrix.Rejects(ContractStreams.ActShare, $"{{{Fields},\"ctime\":9223372036854775807}}", "bad-time", "ctime = 9223372036854775807");
        matrix.Rejects(ContractStreams.ActShare, $"{{{Fields},\"ctime\":9223372036854775808}}", "out-of-range", "'ctime' is '9223372036854775808'");
        matrix.Rejects(ContractStreams.ActShare, Timeless, "bad-time", "AMQP timestamp", with: message => message
            with
        { TimestampSeconds = DateTimeOffset.UtcNow.Add(day * 2).ToUnixTimeSeconds() });
        matrix.Rejects(ContractStreams.ActShare, Timeless, "bad-time", "AMQP timestamp", with: message => message with { TimestampSeconds = 5 });

        // By its receipt that was recorded, not by now.
        var received = Noon - (2 * (long)day.TotalMilliseconds);
        matrix.Rejects(ContractStreams.ActShare, Body, "bad-time", received.ToString(CultureInfo.InvariantCulture), with: message =>
            message.WithHeader("x-dataload-received", received));
        matrix.Rejects(ContractStreams.ActShare, "{", "unreadable", "not valid JSON", with: message =>
            message.WithHeader("x-dataload-received", received.ToString(CultureInfo.InvariantCulture)).WithHeader("x-dataload-reason", "an earlier one"));
    }

    private static void Delays(MessageMatrix matrix)
    {
        // The lottery is declared delayed, which this broker cannot do: it is held by the engine all the same.
        foreach (var stream in (StreamInfo[])[ContractStreams.ActShare, ContractStreams.ActLottery])
        {
            foreach (var delay in (object?[])[(sbyte)100, (byte)200, (short)300, (ushort)300, 300, 300U, 300L, "300", "+300"u8.ToArray(), 0, -5, "-5", null])
            {
                matrix.Counts(stream, Body, with: message => message.WithHeader("x-delay", delay));
            }

            foreach (var delay in (object[])[2_592_000_001L, "2592000001", "9223372036854775808", "soon", "", "1.5", 1.5, true, new List<object?> { 1 }])
            {
                matrix.Rejects(stream, Body, "bad-delay", "x-delay", with: message => message.WithHeader("x-delay", delay));
            }

            // Held from its receipt on: this one has waited enough, the other two not yet.
            matrix.Counts(stream, Body, with: message => message.WithHeader("x-delay", 60_000)
                .WithHeader("x-dataload-received", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000));
            matrix.Send(stream, matrix.NewTopic(), Body, with: message => message.WithHeader("x-delay", 2_592_000_000L));
            matrix.Send(stream, matrix.NewTopic(), Body, with: message => message.WithHeader("x-delay", "86400000"));
            matrix.Rejects(stream, "{}", "missing-field", "sessionStr", with: message => message.WithHeader("x-delay", 86_400_000));
        }
    }

    /// <summary>How many messages are held for so long that they are not counted in the test.</summary>
    public const int Held = 4;
}
