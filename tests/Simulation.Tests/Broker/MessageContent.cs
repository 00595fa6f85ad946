using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Streams.Amqp;

namespace DataLoad.Simulation.Tests.Broker;

/// <summary>A message as the business's services send it.</summary>
/// <param name="Properties">Its properties and headers.</param>
/// <param name="Body">Its body.</param>
internal sealed record MessageContent(AmqpProperties Properties, byte[] Body)
{
    /// <summary>The number of a message that came back as a dead letter or from the parking.</summary>
    public static int NumberOf(AmqpProperties properties) =>
        properties.TryGetHeader("x-number"u8, out AmqpValue number) && number.TryGetInt64(out long value) ? (int)value : 0;

    public static MessageContent Of(Publishing publishing, GeneratedEvent generated)
    {
        AmqpProperties properties = new AmqpProperties(default)
            .With(AmqpProperty.ContentType, "application/json"u8)
            .WithHeader("x-number"u8, publishing.Number);
        if (generated.MessageId is not null)
        {
            properties = properties.With(AmqpProperty.MessageId, Encoding.UTF8.GetBytes(generated.MessageId));
        }

        if (generated.TimestampSeconds is long seconds)
        {
            Span<byte> value = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(value, seconds);
            properties = properties.With(AmqpProperty.Timestamp, value);
        }

        if (generated.DelayMs > 0)
        {
            properties = properties.WithHeader("x-delay"u8, generated.DelayMs);
        }

        if (string.Equals(generated.Flaw, "bad-delay", StringComparison.Ordinal))
        {
            properties = properties.WithHeader("x-delay"u8, "soon"u8);
        }

        return new MessageContent(properties, Encoding.UTF8.GetBytes(TextOf(generated)));
    }

    private static string TextOf(GeneratedEvent generated)
    {
        if (string.Equals(generated.Flaw, "unreadable", StringComparison.Ordinal))
        {
            return $"{{\"sessionStr\":\"{generated.Marker}\",";
        }

        StreamFacts stream = StreamFacts.Of(generated.Stream);
        var body = new JsonObject();
        if (stream.Record is not null)
        {
            body["recordId"] = generated.RecordId;
        }
        else if (stream.HasKey)
        {
            body["userRecordId"] = generated.Key;
        }
        else if (stream.IsContent)
        {
            body["actReceiveId"] = generated.Key;
            body["redPackNum"] = generated.Numbers["redPackNum"];
            body["orderId"] = generated.Number;
        }

        if (generated.IsSelfContained)
        {
            body["sessionStr"] = generated.Marker;
            body["topicType"] = generated.TopicType;
            body["topicId"] = generated.TopicId.ToString(CultureInfo.InvariantCulture);
            body["wuId"] = generated.WuId;
            if (generated.Parent is { } parent)
            {
                body["parentTopicType"] = parent.Type;
                body["parentTopicId"] = parent.Id;
            }
        }

        if (generated.MessageTimeMs is long time)
        {
            body["ctime"] = time;
        }

        if (generated.Numbers.TryGetValue("joinType", out long joinType))
        {
            body["joinType"] = string.Equals(generated.Flaw, "bad-join-type", StringComparison.Ordinal) ? 9 : joinType;
        }

        if (string.Equals(generated.Flaw, "bad-field", StringComparison.Ordinal))
        {
            body["wuId"] = true;
        }

        return body.ToJsonString();
    }
}
