using System.Globalization;

namespace DataLoad.Host.Hocon;

/// <summary>Durations and sizes in bytes as HOCON writes them: a number and a unit.</summary>
internal static class HoconUnits
{
    private static readonly Dictionary<string, decimal> TicksByUnit = new(StringComparer.Ordinal)
    {
        [""] = TimeSpan.TicksPerMillisecond,
        ["ns"] = 0.01m,
        ["nano"] = 0.01m,
        ["nanos"] = 0.01m,
        ["nanosecond"] = 0.01m,
        ["nanoseconds"] = 0.01m,
        ["us"] = TimeSpan.TicksPerMicrosecond,
        ["micro"] = TimeSpan.TicksPerMicrosecond,
        ["micros"] = TimeSpan.TicksPerMicrosecond,
        ["microsecond"] = TimeSpan.TicksPerMicrosecond,
        ["microseconds"] = TimeSpan.TicksPerMicrosecond,
        ["ms"] = TimeSpan.TicksPerMillisecond,
        ["milli"] = TimeSpan.TicksPerMillisecond,
        ["millis"] = TimeSpan.TicksPerMillisecond,
        ["millisecond"] = TimeSpan.TicksPerMillisecond,
        ["milliseconds"] = TimeSpan.TicksPerMillisecond,
        ["s"] = TimeSpan.TicksPerSecond,
        ["second"] = TimeSpan.TicksPerSecond,
        ["seconds"] = TimeSpan.TicksPerSecond,
        ["m"] = TimeSpan.TicksPerMinute,
        ["minute"] = TimeSpan.TicksPerMinute,
        ["minutes"] = TimeSpan.TicksPerMinute,
        ["h"] = TimeSpan.TicksPerHour,
        ["hour"] = TimeSpan.TicksPerHour,
        ["hours"] = TimeSpan.TicksPerHour,
        ["d"] = TimeSpan.TicksPerDay,
        ["day"] = TimeSpan.TicksPerDay,
        ["days"] = TimeSpan.TicksPerDay,
    };

    private static readonly Dictionary<string, decimal> BytesByUnit = SizeUnits();

    /// <summary>Reads a duration such as <c>500ms</c> or <c>1.5 hours</c>; without a unit, milliseconds. It is rounded to 100 ns, the resolution of
    /// <see cref="TimeSpan"/>, but never down to nothing.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (!TryScaled(text, TicksByUnit, out decimal ticks) || ticks < TimeSpan.MinValue.Ticks || ticks > TimeSpan.MaxValue.Ticks)
        {
            return false;
        }

        decimal whole = Math.Abs(ticks) < 1 ? Math.Sign(ticks) : Math.Round(ticks, MidpointRounding.AwayFromZero);
        duration = new TimeSpan((long)whole);
        return true;
    }

    /// <summary>Reads a size such as <c>512K</c> or <c>1.5 MB</c>; without a unit, bytes. A fraction of a byte is cut off.</summary>
    public static bool TryBytes(string text, out long bytes)
    {
        bytes = 0;
        if (!TryScaled(text, BytesByUnit, out decimal size) || size < 0 || size > long.MaxValue)
        {
            return false;
        }

        bytes = (long)size;
        return true;
    }

    private static bool TryScaled(string text, Dictionary<string, decimal> units, out decimal result)
    {
        result = 0;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int end = trimmed.Length;
        while (end > 0 && char.IsLetter(trimmed[end - 1]))
        {
            end--;
        }

        if (!units.TryGetValue(trimmed[end..].ToString(), out decimal scale)
            || !decimal.TryParse(
                trimmed[..end].TrimEnd(),
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out decimal number)
            || (scale > 1 && Math.Abs(number) > decimal.MaxValue / scale))
        {
            return false;
        }

        result = number * scale;
        return true;
    }

    private static Dictionary<string, decimal> SizeUnits()
    {
        var units = new Dictionary<string, decimal>(StringComparer.Ordinal)
        {
            [""] = 1,
            ["B"] = 1,
            ["b"] = 1,
            ["byte"] = 1,
            ["bytes"] = 1,
        };
        (string Letter, string Thousands, string Binary)[] powers =
            [("K", "kilo", "kibi"), ("M", "mega", "mebi"), ("G", "giga", "gibi"), ("T", "tera", "tebi"), ("P", "peta", "pebi"), ("E", "exa", "exbi")];
        decimal thousands = 1;
        decimal binary = 1;
        foreach ((string letter, string ofThousands, string ofBinary) in powers)
        {
            thousands *= 1000;
            binary *= 1024;
            units[letter + "B"] = thousands;
            units[ofThousands + "byte"] = thousands;
            units[ofThousands + "bytes"] = thousands;
            units[letter] = binary;
            units[letter.ToLowerInvariant()] = binary;
            units[letter + "i"] = binary;
            units[letter + "iB"] = binary;
            units[ofBinary + "byte"] = binary;
            units[ofBinary + "bytes"] = binary;
        }

        units["kB"] = 1000;
        return units;
    }
}
