using System.Collections;

namespace DataLoad.Host.Hocon;

/// <summary>What a configuration may cost to read. Each limit ends in a <see cref="HoconException"/> that names it, so that a hostile or mistaken
/// file can neither hang, exhaust memory nor overflow the stack.</summary>
public sealed record HoconLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static HoconLimits Default { get; } = new();

    /// <summary>Levels of nesting, path elements included, before and after substitution. Default 100.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Characters of one file or text. Default 1 Mi.</summary>
    public int MaxFileChars { get; init; } = 1 << 20;

    /// <summary>Characters of all files together. Default 4 Mi.</summary>
    public int MaxTotalChars { get; init; } = 4 << 20;

    /// <summary>Files included one inside the other. Default 16.</summary>
    public int MaxIncludeDepth { get; init; } = 16;

    /// <summary>Files included altogether. Default 256.</summary>
    public int MaxIncludedFiles { get; init; } = 256;

    /// <summary>Substitutions followed one inside the other. Default 300.</summary>
    public int MaxSubstitutionDepth { get; init; } = 300;

    /// <summary>Values plus characters of text after substitution, which can multiply them. Default 8 Mi.</summary>
    public int MaxResolvedSize { get; init; } = 8 << 20;

    /// <summary>Steps of substitution altogether. Default 5 million, far under a second.</summary>
    public int MaxResolveSteps { get; init; } = 5_000_000;
}

/// <summary>The environment as <see cref="HoconConfig"/> wants it.</summary>
public static class HoconEnvironment
{
    /// <summary>The environment variables of this process, now.</summary>
    public static IReadOnlyDictionary<string, string> OfThisProcess() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);
}
