using System.Numerics;
using DataLoad.Host.Hocon.Resolving;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon;

/// <summary>One value of a configuration, read as the type asked for. Each reading fails with a <see cref="HoconException"/> that names where the
/// value was written, its path, the value, and what was expected.</summary>
public sealed class HoconValue
{
    private readonly HoconNode _node;

    internal HoconValue(string path, HoconNode node) => (Path, _node) = (path, node);

    /// <summary>The full path of the value, an item of an array being <c>path[0]</c>.</summary>
    public string Path { get; }

    /// <summary>Where the value was written.</summary>
    public HoconOrigin Origin => _node.Origin;

    /// <summary>The text of a string, number or boolean.</summary>
    public string AsString() => Scalar("a string");

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int AsInt(int min = int.MinValue, int max = int.MaxValue) => Integer(min, max);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public long AsLong(long min = long.MinValue, long max = long.MaxValue) => Integer(min, max);

    /// <summary>true, false, yes, no, on or off.</summary>
    public bool AsBool()
    {
        const string Expected = "true, false, yes, no, on or off";
        string text = Scalar(Expected);
        return text.Trim() switch
        {
            "true" or "yes" or "on" => true,
            "false" or "no" or "off" => false,
            _ => throw Fail(text, Expected),
        };
    }

    /// <summary>A duration; a bare number is milliseconds.</summary>
    /// <param name="min">The least allowed; zero when not given.</param>
    /// <param name="max">The most allowed.</param>
    public TimeSpan AsDuration(TimeSpan? min = null, TimeSpan? max = null)
    {
        const string Expected = "a duration such as 500ms, 1s, 5m (units ns, us, ms, s, m, h, d; a bare number is milliseconds)";
        string text = Scalar(Expected);
        return HoconUnits.TryDuration(text, out TimeSpan duration)
            ? InRange(duration, min ?? TimeSpan.Zero, max ?? TimeSpan.MaxValue, DurationText)
            : throw Fail(text, Expected);
    }

    /// <summary>A size in bytes from <paramref name="min"/> to <paramref name="max"/>; a bare number is bytes.</summary>
    public long AsBytes(long min = 0, long max = long.MaxValue)
    {
        const string Expected = "a size such as 512K, 64MiB, 1GB (K, Ki, KiB... are powers of 1024, kB, MB... powers of 1000; a bare number is bytes)";
        string text = Scalar(Expected);
        return HoconUnits.TryBytes(text, out long bytes) ? InRange(bytes, min, max, static n => n.ToString() + " bytes") : throw Fail(text, Expected);
    }

    /// <summary>One of <paramref name="allowed"/>, compared exactly.</summary>
    public string AsOneOf(params IReadOnlyList<string> allowed)
    {
        string expected = "one of " + string.Join(", ", allowed);
        string text = Scalar(expected);
        return allowed.Contains(text, StringComparer.Ordinal) ? text : throw Fail(text, expected);
    }

    /// <summary>The items of an array.</summary>
    public IReadOnlyList<HoconValue> AsList() => _node is HoconArrayNode array
        ? [.. array.Items.Select((item, i) => new HoconValue($"{Path}[{i}]", item))]
        : throw Fail("a list such as [a, b]");

    /// <summary>The texts of an array of strings.</summary>
    public IReadOnlyList<string> AsStringList() => [.. AsList().Select(static item => item.AsString())];

    /// <summary>An object.</summary>
    public HoconConfig AsObject() => _node is HoconObjectNode o ? new HoconConfig(Path, o) : throw Fail("an object such as { key = value }");

    /// <summary>The failure of this value to be <paramref name="expected"/>, for checks a caller makes itself.</summary>
    public HoconException Fail(string expected) => _node is HoconScalarNode { IsNull: false } scalar
        ? Fail(scalar.Text, expected)
        : new HoconException(Origin, $"{Path} is {_node.Describe()}: expected {expected}");

    /// <summary>The refusal of this value for a reason, which does not show the value: for one that may hold a secret.</summary>
    public HoconException Refuse(string reason) => new(Origin, $"{Path} {reason}");

    private static string DurationText(TimeSpan duration) =>
        duration.Ticks % TimeSpan.TicksPerSecond == 0 ? $"{duration.TotalSeconds}s" : $"{duration.TotalMilliseconds}ms";

    private T Integer<T>(T min, T max)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        const string Expected = "a whole number";
        string text = Scalar(Expected);
        return Int128.TryParse(text.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 number)
            ? T.CreateChecked(InRange(number, Int128.CreateChecked(min), Int128.CreateChecked(max), static n => n.ToString()))
            : throw Fail(text, Expected);
    }

    private T InRange<T>(T value, T min, T max, Func<T, string> show)
        where T : IComparable<T> =>
        value.CompareTo(min) < 0 ? throw Fail("at least " + show(min)) : value.CompareTo(max) > 0 ? throw Fail("at most " + show(max)) : value;

    private string Scalar(string expected) => _node is HoconScalarNode { IsNull: false } scalar ? scalar.Text : throw Fail(expected);

    private HoconException Fail(string text, string expected)
    {
        string shown = HoconSecrets.IsSecret(Path) ? HoconSecrets.Mask : HoconToken.Shorten(HoconSecrets.MaskEmbedded(text));
        return new HoconException(Origin, $"{Path} = \"{shown}\": expected {expected}");
    }
}
