using DataLoad.Host.Hocon.Resolving;
using DataLoad.Host.Hocon.Schema;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon;

/// <summary>A resolved configuration, or one object of it. Immutable.</summary>
public sealed partial class HoconConfig
{
    private readonly string _path;
    private readonly HoconObjectNode _node;

    /// <summary>What was written where, before merging; only the whole of a loaded configuration knows.</summary>
    private readonly HoconLayers? _layers;

    internal HoconConfig(string path, HoconObjectNode node, HoconLayers? layers = null)
    {
        _path = path;
        _node = node;
        _layers = layers;
    }

    /// <summary>The path of this object; empty for a whole configuration.</summary>
    public string Path => _path;

    /// <summary>Where this object was last written.</summary>
    public HoconOrigin Origin => _node.Origin;

    /// <summary>The keys of this object, in the order they were written.</summary>
    public IReadOnlyList<string> Keys => [.. _node.Fields.Keys];

    internal HoconObjectNode Node => _node;

    /// <summary>Reads <paramref name="referenceText"/>, merges <paramref name="overrideFiles"/> over it in order, and resolves the substitutions of
    /// the whole once, with <paramref name="environment"/> for what the configuration does not define.</summary>
    /// <param name="referenceText">The defaults, which are also the schema of <see cref="FindUnknownKeys"/>.</param>
    /// <param name="referenceName">The name of the defaults in messages, such as <c>reference.conf</c>.</param>
    /// <param name="overrideFiles">Files named by the user, which must exist.</param>
    /// <param name="environment">Environment variables by name; see <see cref="HoconEnvironment"/>.</param>
    /// <param name="limits">Limits, or null for <see cref="HoconLimits.Default"/>.</param>
    /// <exception cref="HoconException">Whatever is wrong with any of it.</exception>
    public static HoconConfig Load(
        string referenceText,
        string referenceName,
        IReadOnlyList<string> overrideFiles,
        IReadOnlyDictionary<string, string> environment,
        HoconLimits? limits = null) => Load([(referenceName, referenceText)], overrideFiles, environment, limits);

    /// <summary>As the other, with defaults in several texts, the later over the earlier.</summary>
    public static HoconConfig Load(
        IReadOnlyList<(string Name, string Text)> references,
        IReadOnlyList<string> overrideFiles,
        IReadOnlyDictionary<string, string> environment,
        HoconLimits? limits = null)
    {
        limits ??= HoconLimits.Default;
        var reader = new HoconSourceReader(limits);
        SyntaxObject merged = HoconParser.Parse(reader.FromText(references[0].Text, references[0].Name), reader, [], depth: 0);
        foreach ((string name, string text) in references.Skip(1))
        {
            merged.Merge(HoconParser.Parse(reader.FromText(text, name), reader, [], depth: 0));
        }

        HoconShape reference = HoconShape.Of(merged);
        var overrides = new List<HoconShape>();
        var referenced = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in overrideFiles)
        {
            SyntaxObject later = HoconParser.Parse(reader.FromFile(file), reader, [], depth: 0);
            overrides.Add(HoconShape.Of(later));
            HoconReferences.Collect(later, referenced);
            merged.Merge(later);
        }

        return new HoconConfig("", HoconResolver.Resolve(merged, environment, limits), new HoconLayers(reference, overrides, referenced));
    }

    /// <summary>Reads one text by itself, without environment unless given.</summary>
    /// <exception cref="HoconException">Whatever is wrong with it.</exception>
    public static HoconConfig Parse(
        string text, string name = "text", IReadOnlyDictionary<string, string>? environment = null, HoconLimits? limits = null) =>
        Load(text, name, [], environment ?? new Dictionary<string, string>(StringComparer.Ordinal), limits);

    /// <summary>What the override files set that the reference does not know, or knows as another kind of value. Empty when all is well. Top-level
    /// values that a file's substitutions use are its own affair. Only a whole loaded configuration can be asked.</summary>
    public IReadOnlyList<HoconProblem> FindUnknownKeys(params IReadOnlyList<HoconOpenMap> openMaps) =>
        new HoconSchema(Layers, openMaps).Check(_node);

    /// <summary>Throws when <see cref="FindUnknownKeys"/> finds anything, naming everything found, a line each.</summary>
    public HoconConfig RequireKnownKeys(params IReadOnlyList<HoconOpenMap> openMaps)
    {
        IReadOnlyList<HoconProblem> problems = FindUnknownKeys(openMaps);
        return problems.Count switch
        {
            0 => this,
            1 => throw new HoconException(problems[0].Origin, problems[0].Message),
            _ => throw new HoconException(string.Join('\n', problems)),
        };
    }

    /// <summary>Every single value and where it came from, in the order written.</summary>
    /// <param name="isSecret">Whether the value of a path is masked; null for <see cref="HoconSecrets.IsSecret"/>. Passwords inside URLs and
    /// connection strings always are.</param>
    public IReadOnlyList<HoconEffectiveSetting> Effective(Func<string, bool>? isSecret = null) =>
        HoconListing.Of(_path, _node, isSecret ?? HoconSecrets.IsSecret);

    /// <summary>This object with what it leaves out taken from <paramref name="fallback"/>, recursively.</summary>
    public HoconConfig WithFallback(HoconConfig fallback) => new(_path, fallback._node.MergedWith(_node));

    /// <summary>The value at <paramref name="path"/>, or null when it is not set or set to null.</summary>
    public HoconValue? Find(string path)
    {
        HoconNode node = _node;
        string at = _path;
        foreach (string key in HoconPath.Parse(path))
        {
            at = HoconPath.Join(at, key);
            if (node is not HoconObjectNode parent || !parent.Fields.TryGetValue(key, out HoconNode? child))
            {
                return null;
            }

            node = child;
        }

        return node is HoconScalarNode { IsNull: true } ? null : new HoconValue(at, node);
    }

    /// <summary>Where the last of the override files sets <paramref name="path"/>, also by a substitution above it; null where none does.</summary>
    internal HoconOrigin? OverrideOf(IReadOnlyList<string> path)
    {
        HoconOrigin? found = null;
        foreach (HoconShape file in Layers.Overrides)
        {
            HoconShape? shape = file;
            for (int i = 0; i < path.Count && shape is not null; i++)
            {
                HoconShape? below = shape.Fields.GetValueOrDefault(path[i]);
                found = below is null ? (shape.IsOpen ? shape.Origin : found) : i == path.Count - 1 ? below.Origin : found;
                shape = below;
            }
        }

        return found;
    }

    private HoconLayers Layers => _layers ?? throw new InvalidOperationException("Only the whole of a loaded configuration knows its schema.");
}
