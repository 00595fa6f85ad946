using System.Globalization;
using System.Text;

namespace DataLoad.Engine.Storage;

/// <summary>Money as a whole number of hundredths: to and from what databases hold, exactly or not at all.</summary>
public static class Hundredths
{
    /// <summary>The hundredths of a decimal; null where it is finer than two decimals or beyond 64 bits.</summary>
    public static long? From(decimal value) =>
        value is >= long.MinValue / 100m and <= long.MaxValue / 100m && decimal.Truncate(value * 100m) == value * 100m ? (long)(value * 100m) : null;

    /// <summary>The hundredths of a double that stands for an amount: the one amount of two decimals that is stored as this very number.</summary>
    /// <remarks>Null for any other, NaN and infinity, and beyond 15 digits, where two amounts share one.</remarks>
    public static long? From(double value)
    {
        // Below 2^53 a division by 100 is correctly rounded, so that it gives what parsing the decimal text gave.
        double scaled = Math.Round(value * 100d);
        return Math.Abs(value) < 1e13 && scaled / 100d == value ? (long)scaled : null;
    }

    /// <summary>The hundredths of an amount as a database gives it: a number, digits as text, or as the bytes of such text.</summary>
    public static long? From(object value) => value switch
    {
        long whole => From((decimal)whole),
        decimal number => From(number),
        double number => From(number),
        string text => Parse(text),
        byte[] digits => Parse(Encoding.ASCII.GetString(digits)),
        _ => null,
    };

    /// <summary>The hundredths of a plain decimal text, as in <c>-12.30</c>, however many digits it has: none is ever rounded away.</summary>
    /// <remarks>Null where it is no such number, finer than two decimals (zeros aside), or beyond 64 bits.</remarks>
    public static long? Parse(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        bool negative = text.Length > 0 && text[0] == '-';
        if (text.Length > 0 && text[0] is '-' or '+')
        {
            text = text[1..];
        }

        Int128 value = 0;
        int decimals = -1;
        int digits = 0;
        foreach (char c in text)
        {
            if (c == '.' && decimals < 0)
            {
                decimals = 0;
                continue;
            }

            if (!char.IsAsciiDigit(c) || (decimals >= 2 && c != '0'))
            {
                return null;
            }

            digits++;
            if (decimals < 2)
            {
                decimals = decimals < 0 ? decimals : decimals + 1;
                value = (value * 10) + (c - '0');
            }

            if (value > long.MaxValue)
            {
                return null;
            }
        }

        for (int i = Math.Max(decimals, 0); i < 2; i++)
        {
            value *= 10;
        }

        return digits == 0 || value > long.MaxValue ? null : negative ? -(long)value : (long)value;
    }

    /// <summary>The text of a number of hundredths, as in <c>123.45</c>.</summary>
    public static string Format(long hundredths) => (hundredths / 100m).ToString("0.00", CultureInfo.InvariantCulture);
}
