using System.Globalization;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>An answer of <c>/metrics</c>.</summary>
internal sealed class MetricsPage(string text)
{
    private readonly string[] _lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string Text { get; } = text;

    /// <summary>The names of all families.</summary>
    public IEnumerable<string> Families => _lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]);

    /// <summary>The sum of a family's series that bear these labels, such as <c>stream="act.buy"</c>.</summary>
    public double Sum(string family, params string[] labels) => _lines
        .Where(line => line.StartsWith(family + "{", StringComparison.Ordinal) || line.StartsWith(family + " ", StringComparison.Ordinal))
        .Where(line => labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
