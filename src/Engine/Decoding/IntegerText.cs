namespace DataLoad.Engine.Decoding;

/// <summary>The contract's integers: ASCII digits, perhaps signed, leading zeros or not. The JSON reader refuses these of a bare number.</summary>
internal static class IntegerText
{
    /// <summary>More digits than these may overflow 64 bits.</summary>
    private const int SafeDigits = 18;

    /// <summary>Reads a text that is an integer and nothing else.</summary>
    /// <returns>What is wrong with it: nothing, that it is no integer, or that it is not in the range.</returns>
    public static FieldError Parse(ReadOnlySpan<byte> text, long min, long max, out long value)
    {
        value = 0;
        bool negative = false;
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == (byte)'-';
            text = text[1..];
        }

        if (text.IsEmpty)
        {
            return FieldError.NotAnInteger;
        }

        if (text.Length > SafeDigits)
        {
            return ParseLong(text, negative, min, max, out value);
        }

        long sum = 0;
        foreach (byte b in text)
        {
            uint digit = (uint)(b - '0');
            if (digit > 9)
            {
                return FieldError.NotAnInteger;
            }

            sum = (sum * 10) + digit;
        }

        return Ranged(negative ? -sum : sum, min, max, out value);
    }

    /// <summary>Puts a number that is already one in the range.</summary>
    public static FieldError Ranged(long number, long min, long max, out long value)
    {
        bool inside = number >= min && number <= max;
        value = inside ? number : 0;
        return inside ? FieldError.None : FieldError.OutOfRange;
    }

    private static FieldError ParseLong(ReadOnlySpan<byte> digits, bool negative, long min, long max, out long value)
    {
        value = 0;
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return FieldError.NotAnInteger;
        }

        digits = digits.TrimStart((byte)'0');
        if (digits.Length > SafeDigits + 1)
        {
            return FieldError.OutOfRange;
        }

        // 19 digits fit 64 bits without a sign.
        ulong sum = 0;
        foreach (byte b in digits)
        {
            sum = (sum * 10) + (uint)(b - '0');
        }

        const ulong MinMagnitude = 1UL << 63;
        if (sum > (negative ? MinMagnitude : MinMagnitude - 1))
        {
            return FieldError.OutOfRange;
        }

        return Ranged(negative ? unchecked(-(long)sum) : (long)sum, min, max, out value);
    }
}
