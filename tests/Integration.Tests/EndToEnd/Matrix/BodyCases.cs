using System.Text;
using DataLoad.Demo;
using static DataLoad.Integration.Tests.EndToEnd.Matrix.MessageMatrix;

namespace DataLoad.Integration.Tests.EndToEnd.Matrix;

/// <summary>The contract, Bodies: how bodies are written.</summary>
internal static class BodyCases
{
    private const string Body = $"{{{Fields}}}";
    private const string Reason = "bad-field";

    private static readonly StreamInfo Share = ContractStreams.ActShare;

    public static void Add(MessageMatrix matrix)
    {
        Types(matrix);
        ForeignTypes(matrix);
        Objects(matrix);
        BrokenObjects(matrix);
        Values(matrix);
        WrongValues(matrix);
    }

    private static void Types(MessageMatrix matrix)
    {
        foreach (var type in (string?[])[Json, "Application/JSON; Charset=\"utf-8\"; x=y", "application/vnd.shop.v1+json", "application/hal+JSON;charset=US-ASCII", Text, "text/plain;charset=UTF-8", "application/octet-stream", "", null])
        {
            matrix.Counts(Share, Body, type);
            matrix.Counts(Share, Body, type, Wrapped);
            matrix.Counts(Share, Body, type, Marked);
        }

        foreach (var type in (string?[])[Java, "application/octet-stream", null])
        {
            matrix.Counts(Share, Body, type, JavaSerialization.String);
        }

        foreach (var encoding in (string[])["UTF-8", "utf-8", "US-ASCII"])
        {
            matrix.Counts(Share, Body, with: message => message with { ContentEncoding = encoding });
        }
    }

    private static void ForeignTypes(MessageMatrix matrix)
    {
        foreach (var type in (string[])["text/html", "application/jsonx", "application/json;charset=GBK", "application/x+json; charset=\"ISO-8859-1\"", "text/plain;charset=utf-16", "application/octet-stream;charset=gb18030"])
        {
            matrix.Rejects(Share, Body, "content-type", type, type);
        }

        foreach (var encoding in (string[])["gzip", "ISO-8859-1", "identity"])
        {
            matrix.Rejects(Share, Body, "content-type", encoding, with: message => message with { ContentEncoding = encoding });
            matrix.Rejects(Share, Body, "content-type", encoding, type: null, with: message => message with { ContentEncoding = encoding });
        }

        matrix.Rejects(Share, Body, "unreadable", "not UTF-8", written: JavaSerialization.String);
        matrix.Rejects(Share, Body, "unreadable", "not what Java writes", Java);
        matrix.Rejects(Share, "", "unreadable", "not what Java writes", Java, _ => JavaSerialization.Double(1));
        matrix.Rejects(Share, "", "unreadable", "the Java number 5", Java, _ => JavaSerialization.Integer(5));
    }

    private static void Objects(MessageMatrix matrix)
    {
        matrix.Counts(Share, $" \r\n\t{{ {Fields.Replace(",", " ,\n", StringComparison.Ordinal)} }}\n ");
        matrix.Counts(Share, $"{{{Fields},\"more\":{new string('[', 63)}{new string(']', 63)}}}");
        matrix.Counts(Share, $"{{{Fields},\"WUID\":true,\"TopicId\":{{}},\"joinType\":[1.5e3],\"unknown\":null}}");
        matrix.Counts(Share, $"{{\"wuId\":\"x\",\"topicId\":[],{Fields},\"wuId\":8}}", meaning: meant => meant with { WuId = 8 });
        matrix.Counts(Share, Body.Replace("topicId", "\\u0074opicId", StringComparison.Ordinal));
        matrix.Counts(Share, Body, written: text => Encoding.UTF8.GetBytes(text.PadRight(64 * 1024)));
        matrix.Counts(Share, Body.Replace("\"m\"", $"\"{Bears(64)}\"", StringComparison.Ordinal), meaning: meant => meant with { TopicType = Bears(64) });
        matrix.Counts(Share, Body.Replace("\"s\"", "\"\\ud800 \\u0000\"", StringComparison.Ordinal));
    }

    private static void BrokenObjects(MessageMatrix matrix)
    {
        matrix.Rejects(Share, Body, "too-large", "65537", written: text => Encoding.UTF8.GetBytes(text.PadRight((64 * 1024) + 1)));
        matrix.Rejects(Share, $"{{{Fields},\"more\":{new string('[', 64)}{new string(']', 64)}}}", "unreadable", "depth");
        matrix.Rejects(Share, $"{{{Fields},}}", "unreadable", "not valid JSON");
        matrix.Rejects(Share, Body + Body, "unreadable", "not valid JSON");
        matrix.Rejects(Share, Body.Replace('"', '\''), "unreadable", "not valid JSON");
        matrix.Rejects(Share, Body.Replace("\"m\"", "\"\u00ff\"", StringComparison.Ordinal), "unreadable", "not UTF-8", written: Encoding.Latin1.GetBytes);
        matrix.Rejects(Share, "", "unreadable", "empty");
        matrix.Rejects(Share, $"[{Body}]", "unreadable", "expects a JSON object");
        matrix.Rejects(Share, "33", "unreadable", "'33'");
        matrix.Rejects(Share, Body, "unreadable", "JSON string", written: text => Wrapped(Encoding.UTF8.GetString(Wrapped(text))));
    }

    private static void Values(MessageMatrix matrix)
    {
        matrix.Counts(Share,
            "{\"sessionStr\":1e3,\"topicType\":33.0,\"topicId\":\"+0TOPIC\",\"wuId\":\"007\",\"ctime\":\"1714536000000\",\"qrCode\":-0,\"channelType\":5}",
            meaning: meant => meant with { TopicType = "33.0" });
        foreach (var nobody in (string[])["0", "-0", "\"0\"", "null", "\"\"", "\"-00\""])
        {
            matrix.Counts(Share, $"{{{Fields},\"wuId\":{nobody}}}", meaning: meant => meant with { WuId = 0 });
        }

        matrix.Counts(Share, $"{{{Fields},\"wuId\":2147483647,\"parentTopicId\":0,\"parentTopicType\":null}}", meaning: meant => meant
            with
        { WuId = int.MaxValue });
        matrix.Counts(ContractStreams.ActShareVisit, $"{{{Fields},\"joinType\":-9}}");
        matrix.Counts(ContractStreams.ActShareVisit, Body);
        matrix.Counts(ContractStreams.ActH5Visit, $"{{{Fields},\"channelCode\":5}}");
        matrix.Counts(ContractStreams.ActGroup, $"{{{Fields},\"joinType\":\"2\"}}", meaning: meant => meant with { JoinType = 2 });
        matrix.Counts(ContractStreams.BearShare, Body);
    }

    private static void WrongValues(MessageMatrix matrix)
    {
        foreach (var (value, reason) in ((string, string)[])[("33.0", Reason), ("1e3", Reason), ("\" 5\"", Reason), ("\"5.0\"", Reason), ("\"+\"", Reason), ("true", Reason), ("[5]", Reason), ("{}", Reason), ("-1", "out-of-range"), ("2147483648", "out-of-range")])
        {
            foreach (var field in (string[])["topicId", "wuId", "parentTopicId"])
            {
                matrix.Rejects(Share, $"{{{Fields},\"{field}\":{value}}}", reason, $"'{field}' is '{value.Trim('"')}'");
            }
        }

        foreach (var field in (string[])["sessionStr", "parentTopicType", "qrCode", "channelType"])
        {
            matrix.Rejects(Share, $"{{{Fields},\"{field}\":false}}", Reason, $"'{field}' is 'false'");
        }

        foreach (var field in (string[])["sessionStr", "topicType", "topicId"])
        {
            matrix.Rejects(Share, $"{{{Fields},\"{field}\":null}}", "missing-field", field);
            matrix.Rejects(Share, $"{{{Fields},\"{field}\":\"\"}}", "missing-field", field);
            matrix.Rejects(Share, Body.Replace(field, "x", StringComparison.Ordinal), "missing-field", field);
        }

        matrix.Rejects(Share, Body.Replace("\"m\"", $"\"{Bears(65)}\"", StringComparison.Ordinal), "out-of-range", "topicType");
        matrix.Rejects(Share, Body.Replace("\"m\"", "\"a\\u0000\"", StringComparison.Ordinal), "out-of-range", "NUL");
        matrix.Rejects(Share, Body.Replace("\"m\"", "\"\\ude00\\ud83d\"", StringComparison.Ordinal), "out-of-range", "surrogate");
        matrix.Rejects(ContractStreams.ActGroup, Body, "missing-field", "joinType");
        matrix.Rejects(ContractStreams.ActGroup, $"{{{Fields},\"joinType\":4}}", "bad-join-type", "4");
        matrix.Rejects(ContractStreams.ActGroup, $"{{{Fields},\"joinType\":1,\"wuId\":0}}", "missing-field", "wuId");
        matrix.Rejects(ContractStreams.ActShareVisit, $"{{{Fields},\"joinType\":\"x\"}}", Reason, "joinType");
        matrix.Rejects(ContractStreams.ActH5Visit, $"{{{Fields},\"channelType\":\"c\",\"channelCode\":[]}}", Reason, "channelCode");
        matrix.Rejects(ContractStreams.ActRedPackExpire, $"{{{Fields},\"actReceiveId\":1,\"redPackNum\":2}}", "missing-field", "orderId");
        matrix.Rejects(ContractStreams.ActRedPackExpire, $"{{{Fields},\"actReceiveId\":1,\"redPackNum\":-2,\"orderId\":1}}", "out-of-range", "redPackNum");
    }

    private static string Bears(int count) => string.Concat(Enumerable.Repeat("🐻", count));

    private static byte[] Marked(string text) => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)];

    /// <summary>As Jackson writes a String.</summary>
    private static byte[] Wrapped(string text) =>
        Encoding.UTF8.GetBytes($"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
}
