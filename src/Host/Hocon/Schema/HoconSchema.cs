using DataLoad.Host.Hocon.Resolving;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon.Schema;

/// <summary>Holds override files against the reference: every key known, every value of the same kind.</summary>
internal sealed class HoconSchema
{
    /// <summary>Enough to mend a file by; a hostile one must not fill the memory with its mistakes.</summary>
    private const int MaxProblems = 50;

    private readonly HoconLayers _layers;
    private readonly HoconShape _reference;
    private readonly List<(IReadOnlyList<string> Pattern, IReadOnlyList<string>? Template)> _openMaps = [];
    private readonly List<HoconProblem> _problems = [];
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    public HoconSchema(HoconLayers layers, IReadOnlyList<HoconOpenMap> openMaps)
    {
        _layers = layers;
        _reference = layers.Reference;
        foreach (HoconOpenMap map in openMaps)
        {
            _openMaps.Add((ParsePattern(map.Pattern), map.Template is null ? null : HoconPath.Parse(map.Template)));
        }
    }

    /// <summary>What is wrong in the override files, and in <paramref name="resolved"/> by way of substitutions.</summary>
    public IReadOnlyList<HoconProblem> Check(HoconObjectNode resolved)
    {
        foreach (HoconShape shape in _layers.Overrides)
        {
            CheckFields(shape, _reference, [], []);
        }

        CheckFields(HoconShape.Of(resolved), _reference, [], []);
        return _problems;
    }

    private static IReadOnlyList<string> ParsePattern(string pattern) =>
        HoconPath.Parse(pattern.Replace(".*", ".\"*\"", StringComparison.Ordinal));

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
                    fieldKnown = HoconShape.Union(fieldKnown, _reference.Find(template));
                    fieldKnownPath = [.. template];
                }
            }

            if (fieldKnown is not null)
            {
                CheckValue(field, fieldKnown, fieldPath, fieldKnownPath, isFreeForm);
            }
            else if (!isFreeForm && !known.IsOpen && !(path.Count == 0 && _layers.Referenced.Contains(key)))
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
            Report(actual.Origin, text, $"{text} is {Describe(actual.Kind)}: expected {Describe(known.Kind)}, as at {known.Origin}", suggestion: null);
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
            : HoconSuggestion.Elsewhere(key, _reference);
        string hint = suggestion is null ? "" : $"; did you mean {suggestion}?";
        Report(actual.Origin, text, $"{HoconToken.Shorten(text)} is not a known setting{hint}", suggestion);
    }

    private void Report(HoconOrigin origin, string path, string message, string? suggestion)
    {
        if (_reported.Add(path))
        {
            _problems.Add(new HoconProblem(origin, path, message, suggestion));
        }
    }

    private static bool Matches(IReadOnlyList<string> pattern, List<string> path)
    {
        if (pattern.Count != path.Count)
        {
            return false;
        }

        for (int i = 0; i < pattern.Count; i++)
        {
            if (!string.Equals(pattern[i], "*", StringComparison.Ordinal) && !string.Equals(pattern[i], path[i], StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What the reference and each override file set, before they were merged.</summary>
/// <param name="Reference">What the reference sets.</param>
/// <param name="Overrides">What each file sets.</param>
/// <param name="Referenced">The top-level keys that the files' substitutions name.</param>
internal sealed record HoconLayers(HoconShape Reference, IReadOnlyList<HoconShape> Overrides, IReadOnlySet<string> Referenced);
