using System.Globalization;
using DataLoad.Demo;
using static DataLoad.Integration.Tests.EndToEnd.Matrix.MessageMatrix;

namespace DataLoad.Integration.Tests.EndToEnd.Matrix;

/// <summary>The contract, Streams and Bodies: keys, the rows that they name, and whose value wins.</summary>
internal static class KeyCases
{
    public static void Add(MessageMatrix matrix)
    {
        BareKeys(matrix);
        WrongKeys(matrix);
        Precedence(matrix);
        BadRows(matrix);
    }

    private static void BareKeys(MessageMatrix matrix)
    {
        foreach (var stream in (StreamInfo[])[ContractStreams.BearVisit, ContractStreams.ActVisit])
        {
            foreach (var type in (string?[])[Json, Text, "application/octet-stream", null, "application/x+json"])
            {
                Visits(matrix, stream, "TOPIC", type);
                Visits(matrix, stream, "\"TOPIC\"", type);
                Visits(matrix, stream, "{\"userRecordId\":\"00TOPIC\",\"more\":[1]}", type);
            }

            Visits(matrix, stream, " +0TOPIC\r\n", Text);
            Visits(matrix, stream, "TOPIC", Java, text => JavaSerialization.Integer(int.Parse(text, CultureInfo.InvariantCulture)));
            Visits(matrix, stream, "TOPIC", null, text => JavaSerialization.Long(int.Parse(text, CultureInfo.InvariantCulture)));
            Visits(matrix, stream, "TOPIC", Java, JavaSerialization.String);
            Visits(matrix, stream, "{\"userRecordId\":TOPIC}", Java, JavaSerialization.String);
        }
    }

    private static void WrongKeys(MessageMatrix matrix)
    {
        var stream = ContractStreams.ActBuy;
        matrix.Rejects(stream, "-5", "out-of-range", "'recordId' is '-5'");
        matrix.Rejects(stream, "2147483648", "out-of-range", "'recordId' is '2147483648'", Text);
        matrix.Rejects(stream, "", "out-of-range", "'recordId' is '2147483648'", Java, _ => JavaSerialization.Long(1L << 31));
        matrix.Rejects(stream, "33.0", "bad-field", "'recordId' is '33.0'");
        matrix.Rejects(stream, "3x", "bad-field", "'recordId' is '3x'", Text);
        matrix.Rejects(stream, "+33", "unreadable", "not valid JSON");
        matrix.Rejects(stream, "true", "unreadable", "'true'");
        matrix.Rejects(stream, "", "unreadable", "not what Java writes", Java, _ => JavaSerialization.Double(5));
        matrix.Rejects(stream, "{}", "missing-field", "recordId");
        matrix.Rejects(stream, "{\"recordId\":\"\"}", "missing-field", "recordId");
        matrix.Rejects(stream, "{\"recordId\":5,\"qrCode\":{}}", "bad-field", "qrCode");
    }

    private static void Precedence(MessageMatrix matrix)
    {
        var topic = matrix.NewTopic();
        matrix.Visit(topic, Common(topic));
        matrix.Send(ContractStreams.ActVisit, topic, "{\"userRecordId\":TOPIC,\"topicType\":\"\",\"topicId\":null,\"wuId\":0,\"sessionStr\":\"\"}");
        matrix.Means(Event(ContractStreams.ActVisit, topic));

        // The message's topic, user and time win; what was counted on the row's topic is another event.
        matrix.Send(ContractStreams.ActVisit, topic, "{\"userRecordId\":TOPIC,\"topicType\":\"M\",\"topicId\":0,\"wuId\":9,\"ctime\":1714449600000}");
        matrix.Means(Event(ContractStreams.ActVisit, 0) with { TopicType = "M", WuId = 9, Day = Day.AddDays(-1) });

        var bare = matrix.NewTopic();
        matrix.Visit(bare, Common(bare, user: null, session: null, type: null));
        matrix.Send(ContractStreams.ActVisit, bare, "{\"userRecordId\":TOPIC,\"sessionStr\":\"s\",\"topicType\":\"m\"}");
        matrix.Means(Event(ContractStreams.ActVisit, bare) with { WuId = 0 });

        // A value of the row that is not to be used may be anything.
        var odd = matrix.NewTopic();
        matrix.Visit(odd, Common(-1, user: -1, type: Long(65)), ctime: 5);
        matrix.Send(ContractStreams.ActVisit, odd, $"{{\"userRecordId\":TOPIC,{Fields}}}");
        matrix.Means(Event(ContractStreams.ActVisit, odd));
    }

    private static void BadRows(MessageMatrix matrix)
    {
        Refused("missing-field", "sessionStr", topic => Common(topic, session: ""));
        Refused("missing-field", "topicType", topic => Common(topic, type: null));
        Refused("bad-row", "topic_type", topic => Common(topic, type: Long(65)));
        Refused("bad-row", "wu_id = -7", topic => Common(topic, user: -7));
        Refused("bad-row", "topic_id = -1", _ => Common(-1));
        Refused("bad-time", "ctime", Plain, ctime: 946_684_799_999);
        Refused("bad-time", "ctime", Plain, ctime: DateTimeOffset.UtcNow.AddDays(2).ToUnixTimeMilliseconds());

        void Refused(string reason, string named, Func<int, object?[]> common, long ctime = Noon)
        {
            var id = matrix.NewTopic() + 100_000;
            matrix.Visit(id, common(id), ctime);
            matrix.Rejects(ContractStreams.ActVisit, id.ToString(CultureInfo.InvariantCulture), reason, named);
        }

        static object?[] Plain(int topic) => Common(topic);
    }

    private static void Visits(MessageMatrix matrix, StreamInfo stream, string body, string? type, Func<string, byte[]>? written = null)
    {
        var topic = matrix.NewTopic();
        matrix.Visit(topic, Common(topic));
        matrix.Send(stream, topic, body, type, written);
        matrix.Means(Event(stream, topic));
    }

    private static string Long(int length) => new('t', length);
}
