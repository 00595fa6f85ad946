using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>The message headers that mean something to the engine.</summary>
public static class DeliveryHeaders
{
    /// <summary>When a message was received first, in epoch milliseconds.</summary>
    public const string Received = "x-dataload-received";

    /// <summary>The stream that rejected a message.</summary>
    public const string Stream = "x-dataload-stream";

    /// <summary>The short code of why.</summary>
    public const string Reason = "x-dataload-reason";

    /// <summary>The sentence that says why.</summary>
    public const string Error = "x-dataload-error";

    /// <summary>The user that a rejected message was published by, where the engine may not publish in that name.</summary>
    public const string UserId = "x-dataload-user-id";

    /// <summary>The names of headers that were too large to be published again with the engine's own added.</summary>
    public const string DroppedHeaders = "x-dataload-dropped-headers";

    /// <summary>How long a message is to be delayed, in milliseconds.</summary>
    public const string Delay = "x-delay";

    /// <summary>An integer header: of any integer type, or digits in a string.</summary>
    /// <returns>False where the header is there and is none of these; a missing one is null.</returns>
    public static bool TryInteger(IReadOnlyBasicProperties properties, string name, out long? value)
    {
        object? header = null;
        properties.Headers?.TryGetValue(name, out header);
        return TryInteger(header, out value);
    }

    /// <summary>The value of an integer header: of any integer type, or digits in a string.</summary>
    /// <returns>False where it is none of these; a missing one is null.</returns>
    public static bool TryInteger(object? header, out long? value)
    {
        value = null;
        if (header is null)
        {
            return true;
        }

        long? read = header switch
        {
            byte x => x,
            sbyte x => x,
            short x => x,
            ushort x => x,
            int x => x,
            uint x => x,
            long x => x,
            ulong x when x <= long.MaxValue => (long)x,
            byte[] text => Parse(Encoding.UTF8.GetString(text)),
            string text => Parse(text),
            _ => null,
        };
        value = read;
        return read is not null;
    }

    /// <summary>A header as an error shows it.</summary>
    public static string Show(IReadOnlyBasicProperties properties, string name)
    {
        object? header = null;
        properties.Headers?.TryGetValue(name, out header);
        return Show(header);
    }

    /// <summary>A header's value as an error shows it.</summary>
    public static string Show(object? header)
    {
        string text = header switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            null => "null",
            var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "",
        };
        return text.Length <= 60 ? text : $"{text.AsSpan(0, 60)}…";
    }

    private static long? Parse(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
}
