using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DataLoad.Bench.Reporting;

/// <summary>Collects the figures of one command, and writes them as a table and as JSON.</summary>
/// <param name="name">The command; <c>NAME.md</c> and <c>NAME.json</c> are written.</param>
/// <param name="folder">Where to.</param>
internal sealed class FigureTable(string name, string folder)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly List<Figure> _figures = [];

    /// <summary>Adds a figure, says it, and writes both files anew, so that an end before its time loses none.</summary>
    public void Add(string what, string unit, Goal? goal, params IReadOnlyList<double> runs)
    {
        var figure = new Figure { What = what, Unit = unit, Goal = goal, Runs = runs };
        _figures.Add(figure);
        Console.Error.WriteLine(Line(figure));
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name + ".md"), Text());
        File.WriteAllText(Path.Combine(folder, name + ".json"), JsonSerializer.Serialize(_figures, Indented));
    }

    /// <summary>Prints the table.</summary>
    public void Print() => Console.WriteLine(Text());

    private string Text()
    {
        var text = new StringBuilder();
        text.AppendLine("| what | target | median | smallest | largest | runs | unit | reached |");
        text.AppendLine("|---|---|---:|---:|---:|---:|---|---|");
        foreach (Figure figure in _figures)
        {
            text.AppendLine(Line(figure));
        }

        return text.ToString();
    }

    private static string Line(Figure figure) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {figure.What} | {figure.Goal} | {Figure.Show(figure.Median)} | {Figure.Show(figure.Runs.Min())} | {Figure.Show(figure.Runs.Max())} | {figure.Runs.Count} | {figure.Unit} | {(figure.Goal is null ? "" : figure.Goal.IsReachedBy(figure.Median) ? "yes" : "no")} |");
}
