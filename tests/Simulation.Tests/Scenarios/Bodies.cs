using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DataLoad.Simulation.Broker;
using RabbitMQ.Client;

namespace DataLoad.Simulation.Scenarios;

/// <summary>Messages as the business's services send them.</summary>
internal static class Bodies
{
    public static Message MessageOf(Publishing publishing, Happening happening)
    {
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [Message.NumberHeader] = publishing.Number },
        };
        if (happening.MessageId is not null)
        {
            properties.MessageId = happening.MessageId;
        }

        if (happening.TimestampSeconds is long seconds)
        {
            properties.Timestamp = new AmqpTimestamp(seconds);
        }

        if (happening.DelayMs > 0)
        {
            properties.Headers["x-delay"] = (int)happening.DelayMs;
        }

        if (string.Equals(happening.Flaw, "bad-delay", StringComparison.Ordinal))
        {
            properties.Headers["x-delay"] = "soon";
        }

        return new Message(publishing.Number, StreamFacts.Of(happening.Stream).Queue, properties, Encoding.UTF8.GetBytes(TextOf(happening)));
    }

    private static string TextOf(Happening happening)
    {
        if (string.Equals(happening.Flaw, "unreadable", StringComparison.Ordinal))
        {
            return $"{{\"sessionStr\":\"{happening.Marker}\",";
        }

        StreamFacts stream = StreamFacts.Of(happening.Stream);
        var body = new JsonObject();
        if (stream.Record is not null)
        {
            body["recordId"] = happening.RecordId;
        }
        else if (stream.HasKey)
        {
            body["userRecordId"] = happening.Key;
        }
        else if (stream.IsContent)
        {
            body["actReceiveId"] = happening.Key;
            body["redPackNum"] = happening.Numbers["redPackNum"];
            body["orderId"] = happening.Number;
        }

        if (happening.SpeaksItself)
        {
            body["sessionStr"] = happening.Marker;
            body["topicType"] = happening.TopicType;
            body["topicId"] = happening.TopicId.ToString(CultureInfo.InvariantCulture);
            body["wuId"] = happening.WuId;
        }

        if (happening.MessageTimeMs is long time)
        {
            body["ctime"] = time;
        }

        if (happening.Numbers.TryGetValue("joinType", out long joinType))
        {
            body["joinType"] = string.Equals(happening.Flaw, "bad-join-type", StringComparison.Ordinal) ? 9 : joinType;
        }

        if (string.Equals(happening.Flaw, "bad-field", StringComparison.Ordinal))
        {
            body["wuId"] = true;
        }

        return body.ToJsonString();
    }
}
