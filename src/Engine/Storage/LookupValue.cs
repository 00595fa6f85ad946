using System.Data.Common;
using System.Globalization;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Storage;

/// <summary>
/// Reads one value that is not null, by the type the database gives it; false where it is not what is expected.
/// The type is asked for each value, since SQLite's differs from row to row.
/// </summary>
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
    public static bool TryNumber(DbDataReader reader, int ordinal, ColumnKind kind, out long value) => kind switch
    {
        ColumnKind.Int32 => TryInteger(reader, ordinal, out value) && value is >= 0 and <= int.MaxValue,
        ColumnKind.Code => TryInteger(reader, ordinal, out value) && value is >= int.MinValue and <= int.MaxValue,
        ColumnKind.Time => TryInteger(reader, ordinal, out value),
        ColumnKind.Amount => TryAmount(reader, ordinal, out value) && value is >= 0 and <= HighestAmount,
        ColumnKind.Flag => TryFlag(reader, ordinal, out value),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Text is no number."),
    };

    /// <summary>A whole number: of any integer type, a number without a fraction, or digits as text.</summary>
    public static bool TryInteger(DbDataReader reader, int ordinal, out long value)
    {
        switch (Type.GetTypeCode(reader.GetFieldType(ordinal)))
        {
            case TypeCode.Int64:
                value = reader.GetInt64(ordinal);
                return true;
            case TypeCode.Int32:
                value = reader.GetInt32(ordinal);
                return true;
            case TypeCode.Int16:
                value = reader.GetInt16(ordinal);
                return true;
            case TypeCode.Byte:
                value = reader.GetByte(ordinal);
                return true;
            case TypeCode.UInt32:
                value = reader.GetFieldValue<uint>(ordinal);
                return true;
            case TypeCode.Decimal:
                return TryWhole(reader.GetDecimal(ordinal), out value);
            case TypeCode.Double:
                return TryWhole(reader.GetDouble(ordinal), out value);
            case TypeCode.Single:
                return TryWhole(reader.GetFloat(ordinal), out value);
            case TypeCode.String:
                return TryWhole(reader.GetString(ordinal), out value);
            default:
                value = 0;
                return false;
        }
    }

    /// <summary>Text, or the invariant text of a value of another type but bytes.</summary>
    public static bool TryText(DbDataReader reader, int ordinal, out string? value)
    {
        Type type = reader.GetFieldType(ordinal);
        switch (Type.GetTypeCode(type))
        {
            case TypeCode.String:
                value = reader.GetString(ordinal);
                return true;
            case TypeCode.Int64:
                value = reader.GetInt64(ordinal).ToString(CultureInfo.InvariantCulture);
                return true;
            case TypeCode.Int32:
                value = reader.GetInt32(ordinal).ToString(CultureInfo.InvariantCulture);
                return true;
            case TypeCode.Boolean:
                value = reader.GetBoolean(ordinal) ? "true" : "false";
                return true;
            default:
                value = type == typeof(byte[]) ? null : Convert.ToString(reader.GetValue(ordinal), CultureInfo.InvariantCulture);
                return value is not null;
        }
    }

    private static bool TryAmount(DbDataReader reader, int ordinal, out long value)
    {
        switch (Type.GetTypeCode(reader.GetFieldType(ordinal)))
        {
            case TypeCode.Decimal:
                return Hundredths.TryFrom(reader.GetDecimal(ordinal), out value);
            case TypeCode.Double:
                return Hundredths.TryFrom(reader.GetDouble(ordinal), out value);
            case TypeCode.Single:
                // By its shortest text: 0.29 is another number as a float than as a double.
                return Hundredths.TryFrom(
                    double.Parse(reader.GetFloat(ordinal).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
                    out value);
            case TypeCode.String:
                return Hundredths.TryParse(reader.GetString(ordinal), out value);
            default:
                return TryInteger(reader, ordinal, out value) && Hundredths.TryFrom((decimal)value, out value);
        }
    }

    private static bool TryFlag(DbDataReader reader, int ordinal, out long value)
    {
        switch (Type.GetTypeCode(reader.GetFieldType(ordinal)))
        {
            case TypeCode.Boolean:
                value = reader.GetBoolean(ordinal) ? 1 : 0;
                return true;
            case TypeCode.String:
                return TryFlag(reader.GetString(ordinal), out value);
            default:
                bool read = TryInteger(reader, ordinal, out value);
                value = value == 0 ? 0 : 1;
                return read;
        }
    }

    private static bool TryFlag(string text, out long value)
    {
        bool yes = text is "1" || Is(text, "t") || Is(text, "true");
        value = yes ? 1 : 0;
        return yes || text is "0" || Is(text, "f") || Is(text, "false");
    }

    private static bool Is(string text, string word) => string.Equals(text, word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Digits, perhaps with a fraction of nothing but zeros, however many there are.</summary>
    private static bool TryWhole(string text, out long value)
    {
        ReadOnlySpan<char> whole = text;
        int point = whole.IndexOf('.');
        if (point > 0 && whole[(point + 1)..] is { Length: > 0 } fraction && !fraction.ContainsAnyExcept('0'))
        {
            whole = whole[..point];
        }

        return long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryWhole(decimal number, out long value)
    {
        value = 0;
        if (number is < long.MinValue or > long.MaxValue || decimal.Truncate(number) != number)
        {
            return false;
        }

        value = (long)number;
        return true;
    }

    private static bool TryWhole(double number, out long value)
    {
        value = 0;
        if (!(Math.Abs(number) <= 1L << 53) || Math.Truncate(number) != number)
        {
            return false;
        }

        value = (long)number;
        return true;
    }
}
