using System.Globalization;
using System.Text;

namespace DataLoad.Demo;

/// <summary>Writes bodies in every form that the contract knows (docs/CONTRACT.md, Bodies), and none that it rejects.</summary>
public static class BodyForms
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>The text of a JSON object: fields in any order, any spacing, one writing of each value.</summary>
    public static string JsonText(Dice dice, IEnumerable<JsonField> fields)
    {
        var written = new List<(string Name, string Literal)>();
        foreach (var field in fields)
        {
            if (field.Writings[dice.Below(field.Writings.Count)] is { } literal)
            {
                written.Add((field.Name, literal));
            }
        }

        var wild = dice.Chance(0.3);
        if (wild)
        {
            dice.Shuffle(written);
            if (dice.Chance(0.3))
            {
                // Names are case-sensitive and unknown ones are ignored, whatever they hold.
                written.Insert(dice.Below(written.Count + 1), dice.Pick(
                    ("traceId", "\"" + dice.Hex() + "\""), ("TOPICID", "-1"), ("extra", "{\"topicId\":[1,{\"wuId\":true}]}"), ("version", "1.5e3")));
            }

            if (dice.Chance(0.2) && written.Count > 0)
            {
                // Of a repeated field the last one stands.
                var (name, literal) = written[dice.Below(written.Count)];
                written.Insert(0, (name, literal));
            }
        }

        var (space, line) = wild ? dice.Pick(("", ""), (" ", ""), ("  ", "\n"), ("\t", "\r\n")) : ("", "");
        return "{" + line + string.Join("," + line, written.Select(field => $"{space}\"{field.Name}\"{space}:{space}{field.Literal}")) + line + "}";
    }

    /// <summary>A JSON object in a message.</summary>
    public static WireMessage Object(Dice dice, StreamInfo stream, string json)
    {
        var message = new WireMessage(stream, Encoding.UTF8.GetBytes(json));
        switch (dice.Below(14))
        {
            case 0:
                return message with { ContentType = "application/json; charset=\"utf-8\"" };
            case 1:
                return message with { ContentType = "text/plain", ContentEncoding = "UTF-8" };
            case 2:
                return message with { ContentType = "text/plain;charset=UTF-8" };
            case 3:
                return message with { ContentType = "application/vnd.business.event+json", ContentEncoding = "utf-8" };
            case 4:
                return message with
                {
                    Body = Encoding.UTF8.GetBytes(JsonField.Quoted(json, escapeAll: false)),
                    ContentType = "application/json",
                    ContentEncoding = "UTF-8"
                };
            case 5:
                return message with { Body = JavaSerialization.String(json), ContentType = "application/x-java-serialized-object" };
            case 6:
                return message with { ContentType = null, Priority = null };
            case 7:
                return message with { ContentType = "application/octet-stream" };
            case 8:
                return message with { Body = [.. ByteOrderMark, .. message.Body], ContentType = "Application/JSON", ContentEncoding = "UTF-8" };
            case 9 when Ascii.IsValid(json):
                return message with { ContentType = "text/plain", ContentEncoding = "US-ASCII" };
            default:
                // Jackson2JsonMessageConverter
                return (message with { ContentType = "application/json", ContentEncoding = "UTF-8" }).WithHeader("__TypeId__", "java.util.HashMap");
        }
    }

    /// <summary>A body that is nothing but a key.</summary>
    public static WireMessage BareKey(Dice dice, StreamInfo stream, int key)
    {
        var digits = key.ToString(CultureInfo.InvariantCulture);
        const string java = "application/x-java-serialized-object";
        var (body, type) = dice.Below(10) switch
        {
            0 => (Encoding.UTF8.GetBytes(digits), "application/json"),
            1 => (Encoding.UTF8.GetBytes($"\"{digits}\""), "application/json"),
            2 => (Encoding.UTF8.GetBytes(digits), "text/plain"),
            3 => (JavaSerialization.Long(key), java),
            4 => (JavaSerialization.String(digits), java),
            5 => (Encoding.UTF8.GetBytes(digits), null),
            6 => (JavaSerialization.Integer(key), "application/octet-stream"),
            _ => (JavaSerialization.Integer(key), java),
        };
        return new WireMessage(stream, body) { ContentType = type, ContentEncoding = type is "text/plain" ? "UTF-8" : null };
    }
}
