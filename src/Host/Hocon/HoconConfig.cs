using DataLoad.Host.Hocon.Resolving;
using DataLoad.Host.Hocon.Schema;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon;

/// <summary>A resolved configuration, or one object of it. Immutable.</summary>
public sealed class HoconConfig
{
    private readonly string _path;

    /// <summary>What was written where, before merging; only the whole of a loaded configuration knows.</summary>
    private readonly HoconLayers? _layers;

    internal HoconConfig(string path, HoconObjectNode node, HoconLayers? layers = null) => (_path, Node, _layers) = (path, node, layers);

    /// <summary>The keys of this object, in the order they were written.</summary>
    public IReadOnlyList<string> Keys => [.. Node.Fields.Keys];

    internal HoconObjectNode Node { get; }

    /// <summary>Merges <paramref name="references"/> and then <paramref name="overrideFiles"/>, the later over the earlier, and resolves the substitutions
    /// of the whole once, with <paramref name="environment"/> for what the configuration does not define.</summary>
    /// <param name="references">The defaults, which are also the schema of <see cref="FindUnknownKeys"/>, each with its name in messages.</param>
    /// <param name="overrideFiles">Files named by the user, which must exist.</param>
    /// <param name="environment">Environment variables by name; see <see cref="HoconEnvironment"/>.</param>
    /// <param name="limits">Limits, or null for <see cref="HoconLimits.Default"/>.</param>
    /// <exception cref="HoconException">Whatever is wrong with any of it.</exception>
    public static HoconConfig Load(IReadOnlyList<(string Name, string Text)> references, IReadOnlyList<string> overrideFiles,
        IReadOnlyDictionary<string, string> environment, HoconLimits? limits = null)
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
    public static HoconConfig Parse(string text, string name = "text", IReadOnlyDictionary<string, string>? environment = null, HoconLimits? limits = null) =>
        Load([(name, text)], [], environment ?? new Dictionary<string, string>(StringComparer.Ordinal), limits);

    /// <summary>What the override files set that the reference does not know, or knows as another kind of value. Empty when all is well. Top-level
    /// values that a file's substitutions use are its own affair. Only a whole loaded configuration can be asked.</summary>
    public IReadOnlyList<HoconProblem> FindUnknownKeys(params IReadOnlyList<HoconOpenMap> openMaps) => new HoconSchema(Layers, openMaps).Check(Node);

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
        HoconListing.Of(_path, Node, isSecret ?? HoconSecrets.IsSecret);

    /// <summary>This object with what it leaves out taken from <paramref name="fallback"/>, recursively.</summary>
    public HoconConfig WithFallback(HoconConfig fallback) => new(_path, fallback.Node.MergedWith(Node));

    /// <summary>The value at <paramref name="path"/>, or null when it is not set or set to null.</summary>
    public HoconValue? Find(string path)
    {
        HoconNode node = Node;
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

    /// <summary>The value at <paramref name="path"/>, which must be set.</summary>
    public HoconValue Get(string path) => Get(path, "a value");

    /// <summary>The value of one key of this object, the key being taken as it is, dots and all.</summary>
    public HoconValue GetKey(string key) => Get(HoconPath.Quote(key));

    /// <summary><see cref="HoconValue.AsString"/> of the value at <paramref name="path"/>.</summary>
    public string GetString(string path) => Get(path, "a string").AsString();

    /// <summary><see cref="HoconValue.AsInt"/> of the value at <paramref name="path"/>.</summary>
    public int GetInt(string path, int min = int.MinValue, int max = int.MaxValue) => Get(path, "a whole number").AsInt(min, max);

    /// <summary><see cref="HoconValue.AsLong"/> of the value at <paramref name="path"/>.</summary>
    public long GetLong(string path, long min = long.MinValue, long max = long.MaxValue) => Get(path, "a whole number").AsLong(min, max);

    /// <summary><see cref="HoconValue.AsBool"/> of the value at <paramref name="path"/>.</summary>
    public bool GetBool(string path) => Get(path, "true or false").AsBool();

    /// <summary><see cref="HoconValue.AsDuration"/> of the value at <paramref name="path"/>; not negative unless <paramref name="min"/> says so.</summary>
    public TimeSpan GetDuration(string path, TimeSpan? min = null, TimeSpan? max = null) => Get(path, "a duration").AsDuration(min, max);

    /// <summary><see cref="HoconValue.AsBytes"/> of the value at <paramref name="path"/>.</summary>
    public long GetBytes(string path, long min = 0, long max = long.MaxValue) => Get(path, "a size in bytes").AsBytes(min, max);

    /// <summary><see cref="HoconValue.AsOneOf"/> of the value at <paramref name="path"/>.</summary>
    public string GetOneOf(string path, params IReadOnlyList<string> allowed) => Get(path, "one of " + string.Join(", ", allowed)).AsOneOf(allowed);

    /// <summary><see cref="HoconValue.AsList"/> of the value at <paramref name="path"/>.</summary>
    public IReadOnlyList<HoconValue> GetList(string path) => Get(path, "a list").AsList();

    /// <summary><see cref="HoconValue.AsStringList"/> of the value at <paramref name="path"/>.</summary>
    public IReadOnlyList<string> GetStringList(string path) => Get(path, "a list").AsStringList();

    /// <summary><see cref="HoconValue.AsObject"/> of the value at <paramref name="path"/>.</summary>
    public HoconConfig GetObject(string path) => Get(path, "an object").AsObject();

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

    private HoconValue Get(string path, string expected) =>
        Find(path) ?? throw new HoconException($"{(_path.Length == 0 ? path : _path + "." + path)} is not set: expected {expected}");
}
