using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Decoding;

/// <summary>Reads the bodies of one stream's messages, as Spring AMQP publishers send them, and checks all that can be checked without a business row. Owned
/// by one stream's loop; a good message allocates nothing.</summary>
public sealed class BodyDecoder
{
    private const int MaxDepth = 64;
    private static readonly JsonReaderOptions JsonOptions = new() { MaxDepth = MaxDepth };
    private readonly StreamDefinition _stream;
    private readonly int _maxBodyBytes;
    private readonly int _bareSlot;
    private readonly FieldNames _names;
    private readonly FieldRules _rules;
    private readonly ContentTypeCache _contentTypes = new();
    private byte[] _javaText = [];
    private byte[] _innerText = [];

    /// <summary>Makes a decoder for a stream.</summary>
    /// <param name="stream">The stream's declaration.</param>
    /// <param name="maxBodyBytes">The largest body that is read, in bytes; at least 1.</param>
    public BodyDecoder(StreamDefinition stream, int maxBodyBytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBodyBytes, 1);
        _stream = stream;
        _maxBodyBytes = maxBodyBytes;
        _bareSlot = stream.BareKey is { } key ? stream.SlotOf(key) : -1;
        _names = new FieldNames(stream.Fields);
        _rules = new FieldRules(stream);
    }

    /// <summary>Reads one body.</summary>
    /// <param name="contentType">The AMQP <c>content-type</c>, or null.</param>
    /// <param name="contentEncoding">The AMQP <c>content-encoding</c>, or null.</param>
    /// <param name="body">The body; not kept.</param>
    /// <param name="fields">Made for the same stream. Cleared first; after a rejection what it holds means nothing.</param>
    /// <returns>Null where the message is good, else why it is not.</returns>
    public Rejection? Decode(string? contentType, string? contentEncoding, ReadOnlySpan<byte> body, MessageFields fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (!ReferenceEquals(fields.Stream, _stream))
        {
            throw new ArgumentException($"The fields are of stream '{fields.Stream.Name}', the decoder of '{_stream.Name}'.", nameof(fields));
        }

        fields.Clear();
        if (body.Length > _maxBodyBytes)
        {
            return new Rejection(RejectReason.TooLarge, $"The body has {body.Length} bytes; expected at most {_maxBodyBytes}.");
        }

        Rejection? rejection = _contentTypes.KindOf(contentType, contentEncoding) switch
        {
            ContentKind.Json => ReadUtf8(body, keyAsTyped: false, fields),
            ContentKind.Text => ReadUtf8(body, keyAsTyped: true, fields),
            ContentKind.Java => ReadJava(body, fields),
            ContentKind.Undeclared => JavaObject.IsLikely(body) ? ReadJava(body, fields) : ReadUtf8(body, keyAsTyped: true, fields),
            _ => Refuse(contentType, contentEncoding),
        };
        return rejection ?? _rules.Check(fields);
    }

    private static Rejection Refuse(string? contentType, string? contentEncoding)
    {
        MediaType.Classify(contentType, contentEncoding, out string? error);
        return new Rejection(RejectReason.ContentType, error!);
    }

    private static string BadBytes(ReadOnlySpan<byte> text, int at) => Excerpt.Of(text[at..Math.Min(text.Length, at + 4)]);

    private static Rejection Unreadable(string error) => new(RejectReason.Unreadable, error);

    private Rejection? ReadUtf8(ReadOnlySpan<byte> body, bool keyAsTyped, MessageFields fields)
    {
        if (!Utf8.IsValid(body))
        {
            int at = InvalidUtf8At(body);
            return Unreadable($"The body is not UTF-8 at byte {at} of {body.Length}: '{BadBytes(body, at)}'.");
        }

        return ReadText(body, keyAsTyped, fields);
    }

    private Rejection? ReadJava(ReadOnlySpan<byte> body, MessageFields fields)
    {
        switch (JavaObject.Read(body, out long number, out ReadOnlySpan<byte> text))
        {
            case JavaClass.Number when _bareSlot >= 0:
                fields.Set(_bareSlot, number);
                return null;
            case JavaClass.Number:
                return NotAnObject($"the Java number {number}");
            case JavaClass.String:
                return ReadJavaString(text, fields);
            default:
                string start = Convert.ToHexString(body[..Math.Min(body.Length, Excerpt.MaxChars / 2)]);
                return Unreadable(
                    $"The body of {body.Length} bytes, '{start}', is not what Java writes for an Integer, a Long or a String; nothing else is read.");
        }
    }

    private Rejection? ReadJavaString(ReadOnlySpan<byte> text, MessageFields fields)
    {
        if (!ModifiedUtf8.IsPlain(text))
        {
            Grow(ref _javaText, text.Length);
            if (!ModifiedUtf8.TryDecode(text, _javaText, out int length))
            {
                return Unreadable($"The Java String in the body is malformed at byte {length} of {text.Length}: '{BadBytes(text, length)}'.");
            }

            text = _javaText.AsSpan(0, length);
        }

        return ReadText(text, keyAsTyped: true, fields);
    }

    /// <summary>Reads a text, of which it is known that it is UTF-8, or WTF-8 if it came from Java. A bare key may be written otherwise than JSON writes a
    /// number where it is <paramref name="keyAsTyped"/>.</summary>
    private Rejection? ReadText(ReadOnlySpan<byte> text, bool keyAsTyped, MessageFields fields)
    {
        text = JsonText.SkipBom(text);
        ReadOnlySpan<byte> trimmed = JsonText.Trim(text);
        if (trimmed.IsEmpty)
        {
            return Unreadable($"The body is empty; expected {Expected}.");
        }

        if (keyAsTyped && _bareSlot >= 0 && trimmed[0] is not ((byte)'{' or (byte)'[' or (byte)'"'))
        {
            fields.Set(_bareSlot, trimmed, escaped: false);
            return null;
        }

        return ReadJson("The body", text, fields);
    }

    /// <summary>Reads JSON, which is what an error sentence is about.</summary>
    private Rejection? ReadJson(string what, ReadOnlySpan<byte> json, MessageFields fields)
    {
        // The way of nearly all: without a handler of exceptions around it, it becomes one with its callers.
        if (FlatObject.TryRead(json, _names, fields))
        {
            return null;
        }

        fields.Clear();
        return ReadByReader(what, json, fields);
    }

    private Rejection? ReadByReader(string what, ReadOnlySpan<byte> json, MessageFields fields)
    {
        try
        {
            return ReadAnyJson(json, fields);
        }
        catch (JsonException fault)
        {
            return Unreadable(JsonFault.Describe(what, json, fault));
        }
    }

    private Rejection? ReadAnyJson(ReadOnlySpan<byte> json, MessageFields fields)
    {
        var reader = new Utf8JsonReader(json, JsonOptions);
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                ReadObject(ref reader, json, fields);
                return null;
            case JsonTokenType.String:
                ReadOnlySpan<byte> text = reader.ValueSpan;
                if (reader.ValueIsEscaped)
                {
                    Grow(ref _innerText, text.Length);
                    text = _innerText.AsSpan(0, JsonText.Unescape(text, _innerText));
                }

                reader.Read();
                return ReadWrapped(text, fields);
            case JsonTokenType.Number when _bareSlot >= 0:
                fields.Set(_bareSlot, reader.ValueSpan, escaped: false);
                reader.Read();
                return null;
            default:
                reader.Skip();
                reader.Read();
                return NotAnObject($"'{Excerpt.Of(JsonText.Trim(json))}'");
        }
    }

    /// <summary>Reads what a body that is one JSON string holds.</summary>
    private Rejection? ReadWrapped(ReadOnlySpan<byte> text, MessageFields fields)
    {
        ReadOnlySpan<byte> json = JsonText.SkipBom(text);
        if (JsonText.Trim(json) is not [(byte)'{', ..])
        {
            if (_bareSlot < 0)
            {
                return NotAnObject($"the JSON string '{Excerpt.Of(text)}'");
            }

            fields.Set(_bareSlot, text, escaped: false);
            return null;
        }

        return ReadJson("The text in the body's JSON string", json, fields);
    }

    /// <summary>Reads an object to the end of the text, from its opening brace.</summary>
    private void ReadObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, MessageFields fields)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int slot = _names.Find(reader.ValueSpan, reader.ValueIsEscaped);
            reader.Read();
            if (slot < 0)
            {
                reader.Skip();
                continue;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.String: fields.Set(slot, reader.ValueSpan, reader.ValueIsEscaped); break;
                case JsonTokenType.Number: fields.Set(slot, reader.ValueSpan, escaped: false); break;
                case JsonTokenType.Null: fields.SetAbsent(slot); break;
                default:
                    int start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    fields.SetWrong(slot, FieldError.NotAValue, json[start..(int)reader.BytesConsumed]);
                    break;
            }
        }

        // Past the closing brace only whitespace may come; the reader throws at anything else.
        reader.Read();
    }

    private string Expected => _stream.BareKey is { } key ? $"a JSON object, or a bare '{key}'" : "a JSON object";

    private Rejection NotAnObject(string what) => Unreadable($"The body is {what}; stream '{_stream.Name}' expects {Expected}.");

    private void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[Math.Min(_maxBodyBytes, Math.Max(length, buffer.Length * 2))];
        }
    }

    private static int InvalidUtf8At(ReadOnlySpan<byte> body)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(body[at..], out _, out int length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
