using DataLoad.Host.Hocon.Resolving;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon.Schema;

/// <summary>Holds override files against the reference: every key known, every value of the same kind.</summary>
internal sealed class HoconSchema(HoconLayers layers, IReadOnlyList<HoconOpenMap> openMaps)
{
    /// <summary>Enough to correct a file by; a hostile one must not fill the memory with its mistakes.</summary>
    private const int MaxProblems = 50;

    private readonly (IReadOnlyList<string> Pattern, IReadOnlyList<string>? Template)[] _openMaps =
        [.. openMaps.Select(map => (ParsePattern(map.Pattern), map.Template is null ? null : HoconPath.Parse(map.Template)))];

    private readonly List<HoconProblem> _problems = [];
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    /// <summary>What is wrong in the override files, and in <paramref name="resolved"/> by way of substitutions.</summary>
    public IReadOnlyList<HoconProblem> Check(HoconObjectNode resolved)
    {
        foreach (HoconShape shape in layers.Overrides)
        {
            CheckFields(shape, layers.Reference, [], []);
        }

        CheckFields(HoconShape.Of(resolved), layers.Reference, [], []);
        return _problems;
    }

    private static IReadOnlyList<string> ParsePattern(string pattern) => HoconPath.Parse(pattern.Replace(".*", ".\"*\"", StringComparison.Ordinal));

    private void CheckFields(HoconShape actual, HoconShape known, IReadOnlyList<string> path, IReadOnlyList<string> knownPath)
    {
        foreach ((string key, HoconShape field) in actual.Fields)
        {
            if (_problems.Count >= MaxProblems)
            {
                return;
            }

            List<string> fieldPath = [.. path, key];
            List<string> fieldKnownPath = [.. knownPath, key];
            HoconShape? fieldKnown = known.Fields.GetValueOrDefault(key);
            bool isFreeForm = false;
            foreach ((IReadOnlyList<string> pattern, IReadOnlyList<string>? template) in _openMaps)
            {
                if (!Matches(pattern, fieldPath) && !Matches(pattern, fieldKnownPath))
                {
                    continue;
                }

                isFreeForm |= template is null;
                if (template is not null)
                {
                    fieldKnown = HoconShape.Union(fieldKnown, layers.Reference.Find(template));
                    fieldKnownPath = [.. template];
                }
            }

            if (fieldKnown is not null)
            {
                CheckValue(field, fieldKnown, fieldPath, fieldKnownPath, isFreeForm);
            }
            else if (!isFreeForm && !known.IsOpen && !(path.Count == 0 && layers.Referenced.Contains(key)))
            {
                ReportUnknown(field, known, path, key);
            }
        }
    }

    private void CheckValue(HoconShape actual, HoconShape known, IReadOnlyList<string> path, IReadOnlyList<string> knownPath, bool isFreeForm)
    {
        if (actual.Kind != known.Kind && actual.Kind != HoconShapeKind.Any && known.Kind != HoconShapeKind.Any)
        {
            string text = HoconPath.Render(path);
            Report(actual.Origin, text, $"{text} is {Describe(actual.Kind)}: expected {Describe(known.Kind)}, as at {known.Origin}");
        }
        else if (!isFreeForm && known.Kind == HoconShapeKind.Object)
        {
            CheckFields(actual, known, path, knownPath);
        }
    }

    private static string Describe(HoconShapeKind kind) => kind switch
    {
        HoconShapeKind.Object => "an object",
        HoconShapeKind.Array => "a list",
        _ => "a single value",
    };

    private void ReportUnknown(HoconShape actual, HoconShape known, IReadOnlyList<string> path, string key)
    {
        string text = HoconPath.Render([.. path, key]);
        string? suggestion = HoconSuggestion.Nearest(key, known.Fields.Keys) is { } sibling
            ? HoconPath.Render([.. path, sibling])
            : HoconSuggestion.Elsewhere(key, layers.Reference);
        Report(actual.Origin, text, $"{HoconToken.Shorten(text)} is not a known setting{HoconSuggestion.Ask(suggestion)}");
    }

    private void Report(HoconOrigin origin, string path, string message)
    {
        if (_reported.Add(path))
        {
            _problems.Add(new HoconProblem(origin, path, message));
        }
    }

    private static bool Matches(IReadOnlyList<string> pattern, List<string> path) => pattern.Count == path.Count
        && pattern.Zip(path).All(static pair => pair.First is "*" || string.Equals(pair.First, pair.Second, StringComparison.Ordinal));
}

/// <summary>What the reference and each override file set before they were merged, and the top-level keys that the files' substitutions name.</summary>
internal sealed record HoconLayers(HoconShape Reference, IReadOnlyList<HoconShape> Overrides, IReadOnlySet<string> Referenced);

/// <summary>Finds the known key that a mistyped one was probably meant to be.</summary>
internal static class HoconSuggestion
{
    /// <summary>Longer keys are not compared: nobody mistypes them, and comparing costs the product of the lengths.</summary>
    private const int MaxChars = 80;

    /// <summary>The nearest of <paramref name="known"/>, or null when all are too far.</summary>
    public static string? Nearest(string key, IEnumerable<string> known)
    {
        int allowed = Math.Max(2, key.Length / 3);
        string? nearest = null;
        foreach (string candidate in known)
        {
            int distance = Distance(key, candidate);

            // As many changes as letters would make anything of anything.
            if (distance <= allowed && distance < Math.Max(key.Length, candidate.Length))
            {
                nearest = candidate;
                allowed = distance - 1;
            }
        }

        return nearest;
    }

    /// <summary>The end of a sentence that asks whether a path was meant; nothing where there is none.</summary>
    public static string Ask(string? suggestion) => suggestion is null ? "" : $"; did you mean {suggestion}?";

    /// <summary>A path in <paramref name="root"/> that ends in <paramref name="key"/>, or null.</summary>
    public static string? Elsewhere(string key, HoconShape root)
    {
        var open = new Queue<(string Path, HoconShape Shape)>([("", root)]);
        while (open.TryDequeue(out (string Path, HoconShape Shape) at))
        {
            foreach ((string name, HoconShape shape) in at.Shape.Fields)
            {
                string path = HoconPath.Join(at.Path, name);
                if (string.Equals(name, key, StringComparison.Ordinal))
                {
                    return path;
                }

                open.Enqueue((path, shape));
            }
        }

        return null;
    }

    /// <summary>Letters to insert, remove, replace or swap with their neighbour to make <paramref name="b"/> of <paramref name="a"/>.</summary>
    internal static int Distance(string a, string b)
    {
        if (a.Length > MaxChars || b.Length > MaxChars)
        {
            return int.MaxValue;
        }

        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                int best = Math.Min(replace, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                bool isSwapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                cost[i, j] = isSwapped ? Math.Min(best, cost[i - 2, j - 2] + 1) : best;
            }
        }

        return cost[a.Length, b.Length];
    }
}
