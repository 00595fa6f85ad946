using System.Collections;

namespace DataLoad.Host.Hocon;

/// <summary>The environment as <see cref="HoconConfig"/> wants it.</summary>
public static class HoconEnvironment
{
    /// <summary>The environment variables of this process, now.</summary>
    public static IReadOnlyDictionary<string, string> OfThisProcess()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return variables;
    }
}
