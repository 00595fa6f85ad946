using System.Globalization;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating.Rendering;

/// <summary>Times, sizes and values as people read them.</summary>
internal static class Form
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A point of time in UTC, as in <c>2026-11-24T08:00:00.000Z</c>.</summary>
    public static string Time(long epochMs) => epochMs is < -62_135_596_800_000 or > 253_402_300_799_999
        ? epochMs.ToString(CultureInfo.InvariantCulture)
        : DateTimeOffset.FromUnixTimeMilliseconds(epochMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A day.</summary>
    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>How long something is ago, in its largest unit, as in <c>3 h</c>.</summary>
    public static string Age(long fromMs, long nowMs) => Span(Math.Max(0, (nowMs - fromMs) / 1000));

    /// <summary>Seconds in their largest unit, as in <c>3 h</c>.</summary>
    public static string Span(long seconds) => seconds switch
    {
        < 60 => $"{seconds} s",
        < 3600 => $"{seconds / 60} min",
        < 86_400 => $"{seconds / 3600} h",
        _ => $"{seconds / 86_400} d",
    };

    /// <summary>A size, as in <c>1.5 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < Units.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"{(unit == 0 ? size.ToString("0", CultureInfo.InvariantCulture) : size.ToString("0.0", CultureInfo.InvariantCulture))} {Units[unit]}");
    }

    /// <summary>A value by its name, or a blank where it is not there.</summary>
    public static Cell Value(NamedValues values, string name) => values.Find(name) is { } entry
        ? new Cell(entry.Text, entry.Value == 0 ? Tone.Faint : Tone.Plain, IsNumber: true)
        : new Cell("", IsNumber: true);

    /// <summary>Facts in one text, as in <c>buyNum=2 payAmount=10.00</c>.</summary>
    public static string Facts(NamedValues facts) => string.Join(' ', facts.Entries.Select(fact => $"{fact.Name}={fact.Text}"));
}
