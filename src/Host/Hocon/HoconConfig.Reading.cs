namespace DataLoad.Host.Hocon;

public sealed partial class HoconConfig
{
    /// <summary>Whether <paramref name="path"/> is set, and not to null.</summary>
    public bool Has(string path) => Find(path) is not null;

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

    /// <summary><see cref="HoconValue.AsDouble"/> of the value at <paramref name="path"/>.</summary>
    public double GetDouble(string path, double min = double.MinValue, double max = double.MaxValue) =>
        Get(path, "a number").AsDouble(min, max);

    /// <summary><see cref="HoconValue.AsBool"/> of the value at <paramref name="path"/>.</summary>
    public bool GetBool(string path) => Get(path, "true or false").AsBool();

    /// <summary><see cref="HoconValue.AsDuration"/> of the value at <paramref name="path"/>; not negative unless <paramref name="min"/> says so.</summary>
    public TimeSpan GetDuration(string path, TimeSpan? min = null, TimeSpan? max = null) => Get(path, "a duration").AsDuration(min, max);

    /// <summary><see cref="HoconValue.AsBytes"/> of the value at <paramref name="path"/>.</summary>
    public long GetBytes(string path, long min = 0, long max = long.MaxValue) => Get(path, "a size in bytes").AsBytes(min, max);

    /// <summary><see cref="HoconValue.AsOneOf"/> of the value at <paramref name="path"/>.</summary>
    public string GetOneOf(string path, params IReadOnlyList<string> allowed) =>
        Get(path, "one of " + string.Join(", ", allowed)).AsOneOf(allowed);

    /// <summary><see cref="HoconValue.AsList"/> of the value at <paramref name="path"/>.</summary>
    public IReadOnlyList<HoconValue> GetList(string path) => Get(path, "a list").AsList();

    /// <summary><see cref="HoconValue.AsStringList"/> of the value at <paramref name="path"/>.</summary>
    public IReadOnlyList<string> GetStringList(string path) => Get(path, "a list").AsStringList();

    /// <summary><see cref="HoconValue.AsObject"/> of the value at <paramref name="path"/>.</summary>
    public HoconConfig GetObject(string path) => Get(path, "an object").AsObject();

    private HoconValue Get(string path, string expected) =>
        Find(path) ?? throw new HoconException($"{(_path.Length == 0 ? path : _path + "." + path)} is not set: expected {expected}");
}
