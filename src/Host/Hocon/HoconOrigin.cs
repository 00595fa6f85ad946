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
    public override string ToString() => IsEnvironment ? "environment variable " + Source : Line > 0 ? $"{Source}:{Line}" : Source;
}

/// <summary>Something an override file sets that the reference does not allow.</summary>
/// <param name="Origin">Where it is set.</param>
/// <param name="Path">The path that is set.</param>
/// <param name="Message">What is wrong with it, and the nearest path that is known when one is near.</param>
public sealed record HoconProblem(HoconOrigin Origin, string Path, string Message)
{
    /// <summary><c>file:line: message</c>.</summary>
    public override string ToString() => $"{Origin}: {Message}";
}

/// <summary>A place in the configuration whose keys the user chooses, so that the reference cannot list them.</summary>
/// <param name="Pattern">The path of an entry, where <c>*</c> is any one element: <c>dataload.streams.*</c>. For free form, the path of the object itself,
/// below which anything goes: <c>dataload.amqp.queue-arguments</c>.</param>
/// <param name="Template">The path of the object in the reference whose keys each entry may have, such as <c>dataload.stream-defaults</c>; null for free
/// form.</param>
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

    /// <summary>A failure at <paramref name="origin"/>; the message becomes <c>file:line: message</c>.</summary>
    public HoconException(HoconOrigin origin, string message, Exception? innerException = null)
        : base($"{origin}: {message}", innerException) => Origin = origin;

    /// <summary>The place in a file, or null when the failure has none.</summary>
    public HoconOrigin? Origin { get; private init; }

    /// <summary>A failure of syntax: <c>file:line:column: found X, expected Y</c>.</summary>
    internal static HoconException Syntax(HoconOrigin origin, string found, string expected) =>
        new($"{origin}:{origin.Column}: found {found}, expected {expected}") { Origin = origin };
}
