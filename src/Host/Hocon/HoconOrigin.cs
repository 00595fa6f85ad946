using System.Globalization;

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

        return Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Source}:{Line}") : Source;
    }
}
