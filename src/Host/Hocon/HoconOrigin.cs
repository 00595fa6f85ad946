
namespace DataLoad.Host.Hocon;

/// <summary>Where a configuration value was written: a place in a file, or an environment variable.</summary>
/// <param name="Source">The file name as it was given, or the name of the environment variable.</param>
/// <param name="Line">The line in the file, from 1; 0 for an environment variable or a whole file.</param>
/// <param name="Column">The column in the line, from 1; 0 when there is no line.</param>
/// <param name="IsEnvironment">Whether <paramref name="Source"/> names an environment variable.</param>
public readonly record struct HoconOrigin(string Source, int Line, int Column, bool IsEnvironment = false)
{
    /// <summary>The origin of a value taken from the environment variable <paramref name="variable"/>.</summary>
    public static HoconOrigin Environment(string variable) => new(variable, 0, 0, IsEnvironment: true);

    /// <summary>The origin of a whole file.</summary>
    public static HoconOrigin File(string name) => new(name, 0, 0);

    /// <summary><c>file:line</c>, <c>file</c>, or <c>environment variable NAME</c>.</summary>
    public override string ToString()
    {
        if (IsEnvironment)
        {
            return "environment variable " + Source;
        }

        return Line > 0 ? $"{Source}:{Line}" : Source;
    }
}

/// <summary>Something an override file sets that the reference does not allow.</summary>
/// <param name="Origin">Where it is set.</param>
/// <param name="Path">The path that is set.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="Suggestion">The nearest path that is known, or null when none is near.</param>
public sealed record HoconProblem(HoconOrigin Origin, string Path, string Message, string? Suggestion)
{
    /// <summary><c>file:line: message</c>.</summary>
    public override string ToString() => $"{Origin}: {Message}";
}

/// <summary>A place in the configuration whose keys the user chooses, so that the reference cannot list them.</summary>
/// <param name="Pattern">The path of an entry, where <c>*</c> is any one element: <c>dataload.streams.*</c>. For free form, the path of the object
/// itself, below which anything goes: <c>dataload.amqp.queue-arguments</c>.</param>
/// <param name="Template">The path of the object in the reference whose keys each entry may have, such as <c>dataload.stream-defaults</c>; null for
/// free form.</param>
public sealed record HoconOpenMap(string Pattern, string? Template = null);

/// <summary>A configuration that cannot be used: it cannot be read, parsed, resolved or converted. The message names the place, what was found there
/// and what was expected. Bad input never raises anything else.</summary>
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
        : base($"{origin}:{origin.Column}: found {found}, expected {expected}")
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
