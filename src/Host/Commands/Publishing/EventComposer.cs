using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Resolving;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands.Publishing;

/// <summary>Makes messages as the services send them, and has the engine's own decoder judge each within the engine's bounds.</summary>
internal sealed class EventComposer(IntakeSettings settings)
{
    private const string Json = "application/json";
    private const string Text = "text/plain";
    private const string Utf8 = "UTF-8";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes a message; without a time of its own, the event happens now.</summary>
    /// <exception cref="StartException">The engine would reject it; the message is the rejection's sentence.</exception>
    public EventMessage Compose(PublishRequest request, DateTimeOffset now)
    {
        StreamDefinition stream = request.Stream;
        Dictionary<string, string> fields = FieldsOf(request, now);
        string? key = request.Key;
        bool isKeyAlone = key is not null && fields.Count == 0;
        EventMessage message = request.Form switch
        {
            BodyForm.Bare when stream.BareKey is null =>
                throw new StartException($"Stream {stream.Name} has no key that could be its body: use --body-form json, java or text."),
            BodyForm.Bare when !isKeyAlone =>
                throw new StartException($"A bare key is the whole body of {stream.Name}: leave the fields out, or use --body-form json."),
            BodyForm.Bare => Make(request, Json, Utf8, Encoding.UTF8.GetBytes(key!)),
            BodyForm.Text when isKeyAlone => Make(request, Text, Utf8, Encoding.UTF8.GetBytes(key!)),
            BodyForm.Java when isKeyAlone && int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) =>
                Make(request, JavaBody.ContentType, encoding: null, JavaBody.Of(number)),
            BodyForm.Java when isKeyAlone => Make(request, JavaBody.ContentType, encoding: null, JavaBody.Of(key!)),
            BodyForm.Java => Make(request, JavaBody.ContentType, encoding: null, JavaBody.Of(Encoding.UTF8.GetString(ObjectOf(request, fields)))),
            _ => Make(request, request.Form == BodyForm.Text ? Text : Json, Utf8, ObjectOf(request, fields)),
        };
        return Judge(stream, message, now) is not { } rejection ? message
            : throw new StartException($"The engine would reject this as {rejection.Reason}: {rejection.Error}");
    }

    private static EventMessage Make(PublishRequest request, string type, string? encoding, byte[] body) =>
        new(request.Stream.Exchange, type, encoding, body, request.MessageId, request.Delay is { } delay ? (long)delay.TotalMilliseconds : null);

    private Rejection? Judge(StreamDefinition stream, EventMessage message, DateTimeOffset now)
    {
        var candidate = new Candidate(stream) { ReceivedMs = now.ToUnixTimeMilliseconds() };
        Rejection? rejection = new BodyDecoder(stream, settings.MaxBodyBytes)
            .Decode(message.ContentType, message.ContentEncoding, message.Body, candidate.Fields)
            ?? EventFactory.CheckMessage(candidate);
        return rejection is null && message.DelayMs > settings.MaxDelay.TotalMilliseconds
            ? new Rejection(RejectReason.BadDelay,
                $"header x-delay = {message.DelayMs}: expected at most {settings.MaxDelay.TotalMilliseconds:0} milliseconds.")
            : rejection;
    }

    /// <summary>The fields that were given, with a session and a time for a message that no row completes.</summary>
    private static Dictionary<string, string> FieldsOf(PublishRequest request, DateTimeOffset now)
    {
        StreamDefinition stream = request.Stream;
        var fields = new Dictionary<string, string>(request.Fields, StringComparer.Ordinal);
        if (request.Key is not null && stream.BareKey is null)
        {
            throw new StartException($"Stream {stream.Name} has no key; its fields are {Names(stream)}.");
        }

        if (fields.Keys.FirstOrDefault(name => stream.SlotOf(name) < 0) is { } unknown)
        {
            throw new StartException($"Stream {stream.Name} has no field '{unknown}'; its fields are {Names(stream)}.");
        }

        if (stream.Lookups.IsEmpty)
        {
            fields.TryAdd("sessionStr", Guid.NewGuid().ToString("N"));
            fields.TryAdd("ctime", now.ToUnixTimeMilliseconds().ToString());
        }

        return fields;
    }

    private static byte[] ObjectOf(PublishRequest request, Dictionary<string, string> fields)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            writer.WriteStartObject();
            if (request.Key is { } key)
            {
                Write(writer, request.Stream, request.Stream.BareKey!, key);
            }

            foreach (MessageField field in request.Stream.Fields)
            {
                if (fields.TryGetValue(field.Name, out string? value))
                {
                    Write(writer, request.Stream, field.Name, value);
                }
            }

            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, StreamDefinition stream, string name, string value)
    {
        if (stream.Fields[stream.SlotOf(name)].Kind != FieldKind.Text
            && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteString(name, value);
        }
    }

    private static string Names(StreamDefinition stream) => string.Join(", ", stream.Fields.Select(field => field.Name));
}

/// <summary>Writes an Integer or a String as <c>java.io.ObjectOutputStream</c> does, after the Java Object Serialization Specification, chapter 6.</summary>
internal static class JavaBody
{
    public const string ContentType = "application/x-java-serialized-object";

    private static readonly byte[] IntegerHead =
    [
        0xAC, 0xED, 0x00, 0x05, 0x73, 0x72, 0, 17, .. "java.lang.Integer"u8, 0x12, 0xE2, 0xA0, 0xA4, 0xF7, 0x81, 0x87, 0x38,
        0x02, 0, 1, (byte)'I', 0, 5, .. "value"u8, 0x78, 0x72, 0, 16, .. "java.lang.Number"u8, 0x86, 0xAC, 0x95, 0x1D, 0x0B, 0x94, 0xE0, 0x8B,
        0x02, 0, 0, 0x78, 0x70,
    ];

    public static byte[] Of(int value)
    {
        byte[] number = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, value);
        return [.. IntegerHead, .. number];
    }

    public static byte[] Of(string value)
    {
        byte[] text = [.. value.SelectMany(ModifiedUtf8)];
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)text.Length);
        return text.Length <= ushort.MaxValue
            ? [0xAC, 0xED, 0x00, 0x05, 0x74, .. length[^sizeof(ushort)..], .. text]
            : [0xAC, 0xED, 0x00, 0x05, 0x7C, .. length, .. text];
    }

    // Java's own UTF-8: a NUL takes two bytes, and each half of a surrogate pair three.
    private static byte[] ModifiedUtf8(char c) => c switch
    {
        > '\0' and < '\u0080' => [(byte)c],
        < '\u0800' => [(byte)(0xC0 | (c >> 6)), (byte)(0x80 | (c & 0x3F))],
        _ => [(byte)(0xE0 | (c >> 12)), (byte)(0x80 | ((c >> 6) & 0x3F)), (byte)(0x80 | (c & 0x3F))],
    };
}
