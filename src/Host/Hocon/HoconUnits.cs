namespace DataLoad.Host.Hocon;

/// <summary>Durations and sizes in bytes as HOCON writes them: a number and a unit.</summary>
internal static class HoconUnits
{
    private static readonly Dictionary<string, decimal> TicksByUnit = Table(
        (0.01m, "ns nano nanos nanosecond nanoseconds"),
        (TimeSpan.TicksPerMicrosecond, "us micro micros microsecond microseconds"),
        (TimeSpan.TicksPerMillisecond, "ms milli millis millisecond milliseconds"),
        (TimeSpan.TicksPerSecond, "s second seconds"),
        (TimeSpan.TicksPerMinute, "m minute minutes"),
        (TimeSpan.TicksPerHour, "h hour hours"),
        (TimeSpan.TicksPerDay, "d day days"));

    private static readonly Dictionary<string, decimal> BytesByUnit = Table(
        (1, "B b byte bytes"),
        (1e3m, "kB KB kilobyte kilobytes"),
        (1e6m, "MB megabyte megabytes"),
        (1e9m, "GB gigabyte gigabytes"),
        (1e12m, "TB terabyte terabytes"),
        (1e15m, "PB petabyte petabytes"),
        (1e18m, "EB exabyte exabytes"),
        (1L << 10, "K k Ki KiB kibibyte kibibytes"),
        (1L << 20, "M m Mi MiB mebibyte mebibytes"),
        (1L << 30, "G g Gi GiB gibibyte gibibytes"),
        (1L << 40, "T t Ti TiB tebibyte tebibytes"),
        (1L << 50, "P p Pi PiB pebibyte pebibytes"),
        (1L << 60, "E e Ei EiB exbibyte exbibytes"));

    /// <summary>Reads a duration such as <c>500ms</c> or <c>1.5 hours</c>; without a unit, milliseconds. It is rounded to 100 ns, the resolution of
    /// <see cref="TimeSpan"/>, but never down to nothing.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (!TryScaled(text, TicksByUnit, TimeSpan.TicksPerMillisecond, out decimal ticks)
            || ticks < TimeSpan.MinValue.Ticks || ticks > TimeSpan.MaxValue.Ticks)
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
        bool isSize = TryScaled(text, BytesByUnit, 1, out decimal size) && size >= 0 && size <= long.MaxValue;
        bytes = isSize ? (long)size : 0;
        return isSize;
    }

    private static bool TryScaled(string text, Dictionary<string, decimal> units, decimal bare, out decimal result)
    {
        result = 0;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int end = trimmed.Length;
        while (end > 0 && char.IsLetter(trimmed[end - 1]))
        {
            end--;
        }

        decimal scale = bare;
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if ((end < trimmed.Length && !units.TryGetValue(trimmed[end..].ToString(), out scale))
            || !decimal.TryParse(trimmed[..end].TrimEnd(), Style, CultureInfo.InvariantCulture, out decimal number)
            || (scale > 1 && Math.Abs(number) > decimal.MaxValue / scale))
        {
            return false;
        }

        result = number * scale;
        return true;
    }

    private static Dictionary<string, decimal> Table(params (decimal Scale, string Names)[] units) => new(
        units.SelectMany(static unit => unit.Names.Split(' '), static (unit, name) => KeyValuePair.Create(name, unit.Scale)), StringComparer.Ordinal);
}
