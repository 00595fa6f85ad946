using System.Collections;

namespace DataLoad.Host.Hocon;

/// <summary>What a configuration may cost to read. Each limit ends in a <see cref="HoconException"/> that names it, so that a hostile or mistaken
/// file can neither hang, exhaust memory nor overflow the stack.</summary>
/// <param name="MaxDepth">Levels of nesting, path elements included, before and after substitution.</param>
/// <param name="MaxFileChars">Characters of one file or text.</param>
/// <param name="MaxTotalChars">Characters of all files together.</param>
/// <param name="MaxIncludeDepth">Files included one inside the other.</param>
/// <param name="MaxIncludedFiles">Files included altogether.</param>
/// <param name="MaxSubstitutionDepth">Substitutions followed one inside the other.</param>
/// <param name="MaxResolvedSize">Values plus characters of text after substitution, which can multiply them.</param>
/// <param name="MaxResolveSteps">Steps of substitution altogether; five million are far under a second.</param>
public sealed record HoconLimits(int MaxDepth = 100, int MaxFileChars = 1 << 20, int MaxTotalChars = 4 << 20, int MaxIncludeDepth = 16,
    int MaxIncludedFiles = 256, int MaxSubstitutionDepth = 300, int MaxResolvedSize = 8 << 20, int MaxResolveSteps = 5_000_000)
{
    /// <summary>The limits used when none are given.</summary>
    public static HoconLimits Default { get; } = new();
}

/// <summary>The environment as <see cref="HoconConfig"/> wants it.</summary>
public static class HoconEnvironment
{
    /// <summary>The environment variables of this process, now.</summary>
    public static IReadOnlyDictionary<string, string> OfThisProcess() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);
}
