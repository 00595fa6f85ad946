using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>A text of a table.</summary>
/// <param name="Text">The text, as programs read it.</param>
/// <param name="Tone">How it is meant.</param>
/// <param name="IsNumber">Whether it is a number, which a terminal shows on the right and in groups of three digits.</param>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain, bool IsNumber = false)
{
    /// <summary>A text.</summary>
    public static implicit operator Cell(string text) => new(text);

    /// <summary>A whole number.</summary>
    public static Cell Of(long number, Tone tone = Tone.Plain) => new(number.ToString(), tone, IsNumber: true);

    /// <summary>A whole number that stands out where it is not zero.</summary>
    public static Cell Unless0(long number, Tone tone) => Of(number, number == 0 ? Tone.Plain : tone);

    /// <summary>A whole number that may be unknown.</summary>
    public static Cell Of(long? number, Tone tone = Tone.Plain) => number is { } known ? Of(known, tone) : new Cell("?", Tone.Faint, IsNumber: true);

    /// <summary>A rate a second.</summary>
    public static Cell Rate(double rate) => new(rate.ToString("0.0"), rate == 0 ? Tone.Faint : Tone.Plain, IsNumber: true);

    /// <summary>The text as people read it: without control characters, which could write where they have no business to, and with grouped digits.</summary>
    public string Shown
    {
        get
        {
            string flat = Flat(Text);
            if (!IsNumber)
            {
                return flat;
            }

            int end = flat.IndexOf('.', StringComparison.Ordinal);
            for (int at = (end < 0 ? flat.Length : end) - 3; at > 0 && char.IsAsciiDigit(flat[at - 1]); at -= 3)
            {
                flat = flat.Insert(at, ",");
            }

            return flat;
        }
    }

    /// <summary>A text without control characters.</summary>
    public static string Flat(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;
}

/// <summary>A table's column; numbers stand on the right.</summary>
internal readonly record struct Column(string Name, bool IsNumber = false)
{
    /// <summary>A column of texts.</summary>
    public static implicit operator Column(string name) => new(name);

    /// <summary>A column of numbers.</summary>
    public static Column Number(string name) => new(name, IsNumber: true);
}

/// <summary>How a text is meant; a colour on a terminal.</summary>
internal enum Tone
{
    /// <summary>As it is.</summary>
    Plain = 0,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Worth a look.</summary>
    Warning,

    /// <summary>Wrong.</summary>
    Bad,

    /// <summary>Of less weight.</summary>
    Faint,
}

/// <summary>Times, sizes and values as people read them.</summary>
internal static class Form
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A point of time in UTC, as in <c>2026-11-24T08:00:00.000Z</c>.</summary>
    public static string Time(long epochMs) => epochMs is < -62_135_596_800_000 or > 253_402_300_799_999
        ? epochMs.ToString()
        : DateTimeOffset.FromUnixTimeMilliseconds(epochMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    /// <summary>A day.</summary>
    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd");

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

        return $"{(unit == 0 ? size.ToString("0") : size.ToString("0.0"))} {Units[unit]}";
    }

    /// <summary>A value by its name, or a blank where it is not there.</summary>
    public static Cell Value(NamedValues values, string name) => values.Find(name) is { } entry
        ? new Cell(entry.Text, entry.Value == 0 ? Tone.Faint : Tone.Plain, IsNumber: true)
        : new Cell("", IsNumber: true);

    /// <summary>Facts in one text, as in <c>buyNum=2 payAmount=10.00</c>.</summary>
    public static string Facts(NamedValues facts) => string.Join(' ', facts.Entries.Select(fact => $"{fact.Name}={fact.Text}"));
}
