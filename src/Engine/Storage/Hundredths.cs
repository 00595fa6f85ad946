using System.Globalization;
using System.Text;

namespace DataLoad.Engine.Storage;

/// <summary>Money as a whole number of hundredths: to and from what databases hold, exactly or not at all.</summary>
public static class Hundredths
{
    /// <summary>The hundredths of a decimal; false where it is finer than two decimals or beyond 64 bits.</summary>
    public static bool TryFrom(decimal value, out long hundredths)
    {
        hundredths = 0;
        if (value is > long.MaxValue / 100m or < long.MinValue / 100m)
        {
            return false;
        }

        decimal scaled = value * 100m;
        if (decimal.Truncate(scaled) != scaled)
        {
            return false;
        }

        hundredths = (long)scaled;
        return true;
    }

    /// <summary>
    /// The hundredths of a binary floating-point number that stands for an amount: the one amount of two decimals that is
    /// stored as this very number. False for any other, NaN and infinity, and beyond 15 digits, where two amounts share one.
    /// </summary>
    public static bool TryFrom(double value, out long hundredths)
    {
        hundredths = 0;
        if (!(Math.Abs(value) < 1e13))
        {
            return false;
        }

        // Below 2^53 a division by 100 is correctly rounded, so that it gives what parsing the decimal text gave.
        double scaled = Math.Round(value * 100d);
        if (scaled / 100d != value)
        {
            return false;
        }

        hundredths = (long)scaled;
        return true;
    }

    /// <summary>The hundredths of an amount as a database gives it: a number, digits as text, or as the bytes of such text.</summary>
    public static bool TryFrom(object value, out long hundredths)
    {
        hundredths = 0;
        return value switch
        {
            long whole => TryFrom((decimal)whole, out hundredths),
            decimal number => TryFrom(number, out hundredths),
            double number => TryFrom(number, out hundredths),
            string text => TryParse(text, out hundredths),
            byte[] digits => TryParse(Encoding.ASCII.GetString(digits), out hundredths),
            _ => false,
        };
    }

    /// <summary>
    /// The hundredths of a plain decimal text, as in <c>-12.30</c>; false where it is no such number, finer than two
    /// decimals (zeros aside), or beyond 64 bits. Digits are never rounded away, however many there are.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long hundredths)
    {
        hundredths = 0;
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

            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            digits++;
            if (decimals >= 2)
            {
                if (c != '0')
                {
                    return false;
                }

                continue;
            }

            decimals = decimals < 0 ? decimals : decimals + 1;
            value = (value * 10) + (c - '0');
            if (value > long.MaxValue)
            {
                return false;
            }
        }

        for (int i = Math.Max(decimals, 0); i < 2; i++)
        {
            value *= 10;
        }

        if (digits == 0 || value > long.MaxValue)
        {
            return false;
        }

        hundredths = negative ? -(long)value : (long)value;
        return true;
    }

    /// <summary>The decimal of a number of hundredths, with two decimals.</summary>
    public static decimal ToDecimal(long hundredths)
    {
        ulong magnitude = hundredths < 0 ? (ulong)-(hundredths + 1) + 1 : (ulong)hundredths;
        return new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), 0, hundredths < 0, 2);
    }

    /// <summary>The text of a number of hundredths, as in <c>123.45</c>.</summary>
    public static string Format(long hundredths) => ToDecimal(hundredths).ToString("0.00", CultureInfo.InvariantCulture);
}
