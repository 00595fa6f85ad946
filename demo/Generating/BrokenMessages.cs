using System.Globalization;
using System.Text;
using static System.FormattableString;

namespace DataLoad.Demo;

/// <summary>Messages of every kind that the contract rejects; each becomes exactly one dead letter.</summary>
public sealed class BrokenMessages
{
    private const string Json = "application/json";
    private const long Year = 365L * 86_400_000;

    private readonly Dice _dice;
    private readonly GeneratorOptions _options;
    private readonly People _people;
    private int _missingKey = int.MaxValue - 1;
    private int _badRowKey = 1_500_000_000;

    /// <summary>Broken messages of the world of a generator.</summary>
    public BrokenMessages(Dice dice, GeneratorOptions options, People people)
    {
        _dice = dice;
        _options = options;
        _people = people;
        _badRowKey += options.FirstKey % 100_000_000;
    }

    /// <summary>The broken bodies that hold for a stream of common parameters, by name; <c>%</c> is where fields may stand.</summary>
    public static IReadOnlyDictionary<string, string> BadFields { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["no session"] = """{"topicType":"ACTIVITY","topicId":1000}""",
        ["empty session"] = """{"sessionStr":"","topicType":"ACTIVITY","topicId":1000}""",
        ["no topic type"] = """{"sessionStr":"s","topicId":1000}""",
        ["null topic type"] = """{"sessionStr":"s","topicType":null,"topicId":1000}""",
        ["no topic id"] = """{"sessionStr":"s","topicType":"ACTIVITY"}""",
        ["fraction"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":33.0}""",
        ["exponent"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1e3}""",
        ["words for a number"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":"ten"}""",
        ["negative topic"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":-1}""",
        ["negative user"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"wuId":-5}""",
        ["beyond 32 bits"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":2147483648}""",
        ["user beyond 32 bits"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"wuId":"4294967297"}""",
        ["boolean user"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"wuId":true}""",
        ["object for text"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"qrCode":{}}""",
        ["array for text"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"channelType":["H5"]}""",
        ["boolean for text"] = """{"sessionStr":false,"topicType":"ACTIVITY","topicId":1000}""",
        ["topic type with NUL"] = """{"sessionStr":"s","topicType":"A\u0000B","topicId":1000}""",
        ["lone surrogate"] = """{"sessionStr":"s","topicType":"A\ud83cB","topicId":1000}""",
        ["topic type of 65"] = "{\"sessionStr\":\"s\",\"topicType\":\"" + new string('x', 65) + "\",\"topicId\":1000}",
        ["before 2000"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"ctime":946684799999}""",
        ["ctime beyond 64 bits"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"ctime":9223372036854775808}""",
        ["cut off"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":10""",
        ["not JSON"] = "session=s&topicId=1000",
        ["an array"] = """[{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000}]""",
        ["null"] = "null",
        ["nothing"] = "",
        ["two objects"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000}{}""",
        ["nested too deep"] = """{"sessionStr":"s","topicType":"ACTIVITY","topicId":1000,"x":""" + new string('[', 70) + new string(']', 70) + "}",
    };

    /// <summary>Adds one broken message of a stream, with the rows it needs.</summary>
    public void Add(GeneratedBatch batch, StreamInfo stream)
    {
        if (stream.Recorded && _dice.Chance(0.3))
        {
            BadRecord(batch, stream);
        }
        else if (stream.BareKey && _dice.Chance(_options.MissingRows))
        {
            batch.SendBroken(BodyForms.BareKey(_dice, stream, _missingKey--));
        }
        else
        {
            batch.SendBroken(Unreadable(stream));
        }
    }

    private WireMessage Unreadable(StreamInfo stream)
    {
        var good = Good(stream);
        switch (_dice.Below(14))
        {
            case 0:
                return Of(stream, good) with { ContentType = "application/xml" };
            case 1:
                return Of(stream, good) with { ContentType = "text/plain;charset=GBK" };
            case 2:
                return Of(stream, good) with { ContentEncoding = "gzip" };
            case 3:
                return Of(stream, good) with { ContentEncoding = "ISO-8859-1" };
            case 4:
                return new WireMessage(stream, JavaSerialization.Double(33)) { ContentType = "application/x-java-serialized-object" };
            case 5:
                return new WireMessage(stream, JavaSerialization.Integer(33)[..^2]) { ContentType = "application/x-java-serialized-object" };
            case 6:
                return Of(stream, good[..^1] + ",\"padding\":\"" + new string('x', 65_536) + "\"}");
            case 7:
                return Of(stream, good).WithHeader("x-delay", "soon");
            case 8:
                return Of(stream, good).WithHeader("x-delay", 31L * 86_400_000);
            case 9:
                return new WireMessage(stream, [.. Encoding.UTF8.GetBytes(good[..^1]), .. ",\"qrCode\":\""u8, 0xC3, 0x28, .. "\"}"u8]) { ContentType = Json };
            case 10:
                var future = _options.Clock.GetUtcNow().ToUnixTimeMilliseconds() + (2 * 86_400_000L) + _dice.Between(0, Year);
                return Of(stream, good[..^1] + Invariant($",\"ctime\":{future}}}"));
            default:
                return stream.KeyField is null ? BadCommon(stream) : BadKey(stream);
        }
    }

    // A body that would count if nothing else were wrong with it.
    private string Good(StreamInfo stream)
    {
        var common = _people.Next();
        var type = JsonField.Quoted(common.TopicType, escapeAll: false);
        var fields = Invariant(
            $"\"sessionStr\":\"{common.Session}\",\"topicType\":{type},\"topicId\":{common.TopicId},\"wuId\":{1 + _dice.Below(1000)},\"joinType\":1");
        return stream.KeyField is null ? "{" + fields + "}" : Invariant($"{{\"{stream.KeyField}\":33,\"redPackNum\":1,\"orderId\":1,{fields}}}");
    }

    private WireMessage BadCommon(StreamInfo stream)
    {
        if (stream == ContractStreams.ActGroup && _dice.Chance(0.5))
        {
            const string start = "{\"sessionStr\":\"s\",\"topicType\":\"ACTIVITY\",\"topicId\":1000";
            return Of(stream, start + _dice.Pick(
                ",\"wuId\":7,\"joinType\":0}", ",\"wuId\":7,\"joinType\":4}", ",\"wuId\":7}", ",\"wuId\":0,\"joinType\":1}", ",\"joinType\":1}",
                ",\"wuId\":7,\"joinType\":null}"));
        }

        if (stream == ContractStreams.ActShareVisit && _dice.Chance(0.2))
        {
            return Of(stream, "{\"sessionStr\":\"s\",\"topicType\":\"ACTIVITY\",\"topicId\":1000,\"joinType\":\"friend\"}");
        }

        // "Words for a number" and the like; a bare key is nothing on a stream that has none.
        var all = BadFields.Values.ToArray();
        var pick = _dice.Below(all.Length + 1);
        return Of(stream, pick == all.Length ? "33" : all[pick]);
    }

    private WireMessage BadKey(StreamInfo stream)
    {
        var key = stream.KeyField!;
        if (stream == ContractStreams.ActRedPackExpire)
        {
            return Of(stream, _dice.Pick(
                "{\"actReceiveId\":1,\"redPackNum\":2}", "{\"redPackNum\":2,\"orderId\":1}", "{\"actReceiveId\":1,\"orderId\":1}",
                "{\"actReceiveId\":1,\"redPackNum\":-2,\"orderId\":1}", "{\"actReceiveId\":1,\"redPackNum\":2.5,\"orderId\":1}", "33"));
        }

        return Of(stream, _dice.Pick(
            "{}", $"{{\"{key}\":null}}", $"{{\"{key}\":\"\"}}", $"{{\"{key}\":true}}", $"{{\"{key}\":33.0}}", $"{{\"{key}\":-33}}", $"{{\"{key}\":\"3 3\"}}",
            $"{{\"{key.ToUpperInvariant()}\":33}}", "2147483648", "-33", "33.5", "\"\"", "true", "[33]", "{\"" + key + "\":33"));
    }

    // The record or the row it names is there but cannot be counted.
    private void BadRecord(GeneratedBatch batch, StreamInfo stream)
    {
        var key = _badRowKey++;
        var now = _options.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var number = key.ToString(CultureInfo.InvariantCulture);
        var data = _dice.Pick("", "null", "{}", "not JSON", "[1]", $"{{\"{stream.DataField}\":-1}}", $"{{\"{stream.DataField}\":\"x\"}}",
            $"{{\"{stream.DataField}\":1.5}}", "{\"id\":" + number + "}", (string?)null);
        var ctime = now;
        if (stream == ContractStreams.ActBuy && _dice.Chance(0.5))
        {
            // A good record, and an order with something impossible in it.
            data = $"{{\"{stream.DataField}\":{number}}}";
            var what = _dice.Below(5);
            var common = _people.Next();
            batch.RowsBefore.Add(BusinessSchema.Orders.Row(
            [
                key, .. (what == 0 ? common with { TopicId = -1 } : common).Columns(), false, what == 1 ? -1 : 1, what == 2 ? -1 : 1,
                what == 3 ? -0.01m : 1.25m, false, false, now,
            ]));
            ctime = what == 4 ? now + (3 * 86_400_000L) : now;
        }

        batch.RowsBefore.Add(BusinessSchema.MqOperateRecord.Row(key, stream.Exchange, data, (short)0, ctime));
        batch.SendBroken(BodyForms.BareKey(_dice, stream, key));
    }

    private static WireMessage Of(StreamInfo stream, string body) => new(stream, Encoding.UTF8.GetBytes(body)) { ContentType = Json };
}
