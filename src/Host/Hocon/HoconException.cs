using System.Globalization;

namespace DataLoad.Host.Hocon;

/// <summary>
/// A configuration that cannot be used: it cannot be read, parsed, resolved or converted. The message names the place,
/// what was found there and what was expected. Bad input never raises anything else.
/// </summary>
public sealed class HoconException : Exception
{
    /// <summary>A failure without a place, such as a missing setting.</summary>
    public HoconException(string message)
        : base(message)
    {
    }

    /// <summary>A failure without a place, caused by <paramref name="innerException"/>.</summary>
    public HoconException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A failure at <paramref name="origin"/>; the message becomes <c>file:line: message</c>.</summary>
    public HoconException(HoconOrigin origin, string message)
        : base($"{origin}: {message}")
    {
        Place(origin);
    }

    /// <summary>As the constructor with an origin, caused by <paramref name="innerException"/>.</summary>
    public HoconException(HoconOrigin origin, string message, Exception innerException)
        : base($"{origin}: {message}", innerException)
    {
        Place(origin);
    }

    private HoconException(HoconOrigin origin, string found, string expected)
        : base(string.Create(CultureInfo.InvariantCulture, $"{origin}:{origin.Column}: found {found}, expected {expected}"))
    {
        Place(origin);
        Found = found;
        Expected = expected;
    }

    /// <summary>The file, or null when the failure has no place in a file.</summary>
    public string? File { get; private set; }

    /// <summary>The line from 1, or 0 when unknown.</summary>
    public int Line { get; private set; }

    /// <summary>The column from 1, or 0 when unknown.</summary>
    public int Column { get; private set; }

    /// <summary>What was found, for a failure of syntax.</summary>
    public string? Found { get; }

    /// <summary>What was expected, for a failure of syntax.</summary>
    public string? Expected { get; }

    /// <summary>A failure of syntax: <c>file:line:column: found X, expected Y</c>.</summary>
    internal static HoconException Syntax(HoconOrigin origin, string found, string expected) => new(origin, found, expected);

    private void Place(HoconOrigin origin)
    {
        if (!origin.IsEnvironment)
        {
            File = origin.Source;
            Line = origin.Line;
            Column = origin.Column;
        }
    }
}
