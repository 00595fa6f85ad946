using System.Buffers;
using System.Text;
using System.Text.Json;

namespace DataLoad.Engine.Decoding;

/// <summary>Reads one integer field out of a JSON object, by the rules of a message's fields: the <c>data</c> column of <c>mq_operate_record</c>, which names
/// the business row.</summary>
public static class JsonKey
{
    private const int StackBytes = 512;
    private static readonly JsonReaderOptions JsonOptions = new() { MaxDepth = 64 };

    /// <summary>Reads the field.</summary>
    /// <param name="json">The text of a JSON object.</param>
    /// <param name="field">The field's name, case-sensitive; of a repeated one the last stands.</param>
    /// <param name="key">The key, 0 or more; 0 where the answer is false.</param>
    /// <param name="error">Where the answer is false, a sentence that names field and value; else null.</param>
    /// <returns>Whether the field is there and a key.</returns>
    public static bool TryRead(ReadOnlySpan<char> json, string field, out int key, out string? error)
    {
        ArgumentNullException.ThrowIfNull(field);
        int most = Encoding.UTF8.GetMaxByteCount(json.Length);
        byte[]? rented = most > StackBytes ? ArrayPool<byte>.Shared.Rent(most) : null;
        try
        {
            Span<byte> bytes = rented is null ? stackalloc byte[StackBytes] : rented;
            ReadOnlySpan<byte> utf8 = JsonText.SkipBom(bytes[..Encoding.UTF8.GetBytes(json, bytes)]);
            error = Read(utf8, field, out key);
            return error is null;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private static string? Read(ReadOnlySpan<byte> json, string field, out int key)
    {
        key = 0;
        if (JsonText.Trim(json).IsEmpty)
        {
            return $"The data is empty; expected a JSON object with field '{field}'.";
        }

        try
        {
            return ReadObject(json, field, out key);
        }
        catch (JsonException fault)
        {
            key = 0;
            return JsonFault.Describe($"The data, which should hold field '{field}',", json, fault);
        }
    }

    private static string? ReadObject(ReadOnlySpan<byte> json, string field, out int key)
    {
        key = 0;
        var reader = new Utf8JsonReader(json, JsonOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return $"The data is '{Excerpt.Of(json)}'; expected a JSON object with field '{field}'.";
        }

        FieldError error = FieldError.None;
        bool present = false;
        ReadOnlySpan<byte> value = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool wanted = IsNamed(ref reader, field);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (wanted)
            {
                value = json[start..(int)reader.BytesConsumed];
                error = ReadValue(ref reader, out present, out key);
            }
        }

        reader.Read();
        return error switch
        {
            FieldError.None => present ? null : $"Field '{field}' of the data is missing (absent, null or empty) in '{Excerpt.Of(json)}'.",
            FieldError.OutOfRange => $"Field '{field}' of the data is '{Excerpt.Of(value)}'; expected an integer from 0 to {int.MaxValue}.",
            _ => $"Field '{field}' of the data is '{Excerpt.Of(value)}'; expected an integer: digits, perhaps signed.",
        };
    }

    private static FieldError ReadValue(ref Utf8JsonReader reader, out bool present, out int key)
    {
        key = 0;
        present = reader.TokenType != JsonTokenType.Null && !(reader.TokenType == JsonTokenType.String && reader.ValueSpan.IsEmpty);
        if (!present)
        {
            return FieldError.None;
        }

        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            return FieldError.NotAValue;
        }

        FieldError error = IntegerText.Parse(Unescaped(ref reader), 0, int.MaxValue, out long value);
        key = (int)value;
        return error;
    }

    private static bool IsNamed(ref Utf8JsonReader reader, string field) => reader.ValueIsEscaped
        ? Unescaped(ref reader).SequenceEqual(Encoding.UTF8.GetBytes(field)) : reader.ValueTextEquals(field);

    /// <summary>The token's text. The reader's own way throws at an unpaired surrogate.</summary>
    private static ReadOnlySpan<byte> Unescaped(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        byte[] plain = new byte[reader.ValueSpan.Length];
        return plain.AsSpan(0, JsonText.Unescape(reader.ValueSpan, plain));
    }
}
