using System.Data.Common;
using System.Globalization;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Storage;

/// <summary>Reads one value that is not null, by the type the database gives it; null where it is not what is expected.</summary>
/// <remarks>The type is asked for each value, since SQLite's differs from row to row.</remarks>
internal static class LookupValue
{
    private const long HighestAmount = 999_999_999_999;
    private const int ShownChars = 64;

    /// <summary>What a kind of column holds, for an error.</summary>
    public static string Expected(ColumnKind kind) => kind switch
    {
        ColumnKind.Int32 => "an integer from 0 to 2147483647",
        ColumnKind.Code => "an integer of 32 bits",
        ColumnKind.Time => "a time in epoch milliseconds",
        ColumnKind.Amount => "an amount from 0 to 9999999999.99 with at most two decimals",
        ColumnKind.Flag => "true or false, or an integer",
        _ => "text",
    };

    /// <summary>A value as an error shows it, shortened.</summary>
    public static string Show(DbDataReader reader, int ordinal)
    {
        string text = reader.GetValue(ordinal) switch
        {
            byte[] bytes => $"{bytes.Length} bytes",
            var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
        return text.Length <= ShownChars ? text : $"{text.AsSpan(0, ShownChars)}…";
    }

    /// <summary>A number as <see cref="Resolving.LookupRows"/> keeps it.</summary>
    public static long? Number(DbDataReader reader, int ordinal, ColumnKind kind) => kind switch
    {
        ColumnKind.Int32 => Within(Integer(reader, ordinal), 0, int.MaxValue),
        ColumnKind.Code => Within(Integer(reader, ordinal), int.MinValue, int.MaxValue),
        ColumnKind.Time => Integer(reader, ordinal),
        ColumnKind.Amount => Within(Amount(reader, ordinal), 0, HighestAmount),
        ColumnKind.Flag => Flag(reader, ordinal),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Text is no number."),
    };

    /// <summary>A whole number: of any integer type, a number without a fraction, or digits as text.</summary>
    public static long? Integer(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.Int64 => reader.GetInt64(ordinal),
        TypeCode.Int32 => reader.GetInt32(ordinal),
        TypeCode.Int16 => reader.GetInt16(ordinal),
        TypeCode.Byte => reader.GetByte(ordinal),
        TypeCode.UInt32 => reader.GetFieldValue<uint>(ordinal),
        TypeCode.Decimal => Whole(reader.GetDecimal(ordinal)),
        TypeCode.Double => Whole(reader.GetDouble(ordinal)),
        TypeCode.Single => Whole(reader.GetFloat(ordinal)),
        TypeCode.String => Whole(reader.GetString(ordinal)),
        _ => null,
    };

    /// <summary>Text, or the invariant text of a value of another type but bytes.</summary>
    public static string? Text(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.String => reader.GetString(ordinal),
        TypeCode.Int64 => reader.GetInt64(ordinal).ToString(CultureInfo.InvariantCulture),
        TypeCode.Int32 => reader.GetInt32(ordinal).ToString(CultureInfo.InvariantCulture),
        TypeCode.Boolean => reader.GetBoolean(ordinal) ? "true" : "false",
        _ => reader.GetFieldType(ordinal) == typeof(byte[]) ? null : Convert.ToString(reader.GetValue(ordinal), CultureInfo.InvariantCulture),
    };

    private static long? Amount(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.Decimal => Hundredths.From(reader.GetDecimal(ordinal)),
        TypeCode.Double => Hundredths.From(reader.GetDouble(ordinal)),

        // By its shortest text: 0.29 is another number as a float than as a double.
        TypeCode.Single => Hundredths.From(double.Parse(reader.GetFloat(ordinal).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)),
        TypeCode.String => Hundredths.Parse(reader.GetString(ordinal)),
        _ => Integer(reader, ordinal) is { } whole ? Hundredths.From((decimal)whole) : null,
    };

    private static long? Flag(DbDataReader reader, int ordinal) => Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
    {
        TypeCode.Boolean => reader.GetBoolean(ordinal) ? 1 : 0,
        TypeCode.String => reader.GetString(ordinal).ToUpperInvariant() switch
        {
            "1" or "T" or "TRUE" => 1,
            "0" or "F" or "FALSE" => 0,
            _ => null,
        },
        _ => Integer(reader, ordinal) switch
        {
            null => null,
            0 => 0,
            _ => 1,
        },
    };

    private static long? Within(long? value, long min, long max) => value >= min && value <= max ? value : null;

    /// <summary>Digits, perhaps with a fraction of nothing but zeros, however many there are.</summary>
    private static long? Whole(string text)
    {
        ReadOnlySpan<char> whole = text;
        int point = whole.IndexOf('.');
        if (point > 0 && whole[(point + 1)..] is { Length: > 0 } fraction && !fraction.ContainsAnyExcept('0'))
        {
            whole = whole[..point];
        }

        return long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    private static long? Whole(decimal number) =>
        number is >= long.MinValue and <= long.MaxValue && decimal.Truncate(number) == number ? (long)number : null;

    private static long? Whole(double number) => Math.Abs(number) <= 1L << 53 && Math.Truncate(number) == number ? (long)number : null;
}
