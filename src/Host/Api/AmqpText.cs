using System.Text.Unicode;
using DataLoad.Streams.Amqp;

namespace DataLoad.Host.Api;

/// <summary>Properties and headers of a message as people read them. Bytes that are no text are shown in hexadecimal, after <c>0x</c>.</summary>
internal static class AmqpText
{
    // Tables nest as deep as their bytes allow; nobody reads so far.
    private const int MaxDepth = 20;

    private static readonly (AmqpProperty Property, string Name)[] Texts =
    [
        (AmqpProperty.ContentEncoding, "content-encoding"), (AmqpProperty.CorrelationId, "correlation-id"), (AmqpProperty.ReplyTo, "reply-to"),
        (AmqpProperty.Expiration, "expiration"), (AmqpProperty.Type, "type"), (AmqpProperty.UserId, "user-id"), (AmqpProperty.AppId, "app-id"),
        (AmqpProperty.ClusterId, "cluster-id"),
    ];

    private static readonly (AmqpProperty Property, string Name)[] Numbers =
        [(AmqpProperty.DeliveryMode, "delivery-mode"), (AmqpProperty.Priority, "priority")];

    /// <summary>Bytes as text, where they are UTF-8.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : $"0x{Convert.ToHexString(bytes)}";

    /// <summary>The properties that are there, by their names, but for the content type, the message id and the timestamp.</summary>
    public static Dictionary<string, string> OfProperties(AmqpProperties properties)
    {
        var shown = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((AmqpProperty property, string name) in Texts)
        {
            if (properties.Get(property) is { IsEmpty: false } value)
            {
                shown.Add(name, Of(value));
            }
        }

        foreach ((AmqpProperty property, string name) in Numbers)
        {
            if (properties.TryGet(property, out ReadOnlySpan<byte> value))
            {
                shown.Add(name, value[0].ToString());
            }
        }

        return shown;
    }

    /// <summary>The headers by their names; of several of one name the first.</summary>
    public static Dictionary<string, string> OfHeaders(AmqpProperties properties)
    {
        var shown = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (AmqpField field in properties.Headers)
        {
            shown.TryAdd(Of(field.Name), Of(field.Value, MaxDepth));
        }

        return shown;
    }

    private static string Of(AmqpValue value, int depth)
    {
        switch ((char)value.Type)
        {
            case 'S' or 'x': return Of(value.Bytes);
            case 'F' when depth > 0:
                var fields = new List<string>();
                foreach (AmqpField field in value.AsTable)
                {
                    fields.Add($"{Of(field.Name)}: {Of(field.Value, depth - 1)}");
                }

                return $"{{{string.Join(", ", fields)}}}";
            case 'A' when depth > 0:
                var items = new List<string>();
                ReadOnlySpan<byte> left = value.Bytes;
                while (AmqpValue.TryTake(ref left, out AmqpValue item))
                {
                    items.Add(Of(item, depth - 1));
                }

                return $"[{string.Join(", ", items)}]";
            default: return value.ToString();
        }
    }
}
