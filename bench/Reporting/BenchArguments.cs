using System.Globalization;

namespace DataLoad.Bench.Reporting;

/// <summary>The <c>--name value</c> pairs of a command.</summary>
internal sealed class BenchArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads the pairs.</summary>
    /// <exception cref="ArgumentException">A name has no value.</exception>
    public BenchArguments(string[] args)
    {
        for (int i = 0; i < args.Length; i += 2)
        {
            _values.Add(args[i], i + 1 < args.Length ? args[i + 1] : throw new ArgumentException($"{args[i]} has no value", nameof(args)));
        }
    }

    /// <summary>Where the command may make files; they are removed with it.</summary>
    public string Folder => Text("--folder");

    /// <summary>Where the figures are written.</summary>
    public string Output => Text("--output");

    /// <summary>Whether a smaller measurement is wanted.</summary>
    public bool Quick => Number("--quick", 0) != 0;

    /// <summary>A text.</summary>
    /// <exception cref="ArgumentException">It is missing.</exception>
    public string Text(string name) => _values.TryGetValue(name, out string? value) ? value : throw new ArgumentException($"{name} is missing", nameof(name));

    /// <summary>A number.</summary>
    public int Number(string name, int otherwise) => _values.TryGetValue(name, out string? value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
