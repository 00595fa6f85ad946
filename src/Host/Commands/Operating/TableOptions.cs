using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>The options of commands that show tables: which columns, and how wide.</summary>
internal sealed class TableOptions
{
    private readonly Option<bool> _wide = new("--wide") { Description = "Shows all columns, however narrow the terminal is." };
    private readonly Option<string?> _columns = Options.Text("--columns", "NAME,…", "These columns beside the first, separated by commas.");

    public Symbol[] Symbols => [_wide, _columns];

    /// <summary>What was asked for.</summary>
    public TableShape Read(ParseResult result) => new(
        result.GetValue(_wide), result.GetValue(_columns)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []);
}

/// <summary>How tables are to be shown.</summary>
/// <param name="IsWide">With all columns, whatever the width.</param>
/// <param name="Named">The columns that are asked for beside the first, in this order; none for those that are usual.</param>
internal sealed record TableShape(bool IsWide, IReadOnlyList<string> Named)
{
    private const int NamedInWord = 6;

    /// <summary>As they fit.</summary>
    public static TableShape Usual { get; } = new(IsWide: false, []);

    /// <summary>Whether columns are asked for by name.</summary>
    public bool IsNamed => Named.Count > 0;

    /// <summary>The places of the columns that are to be shown, if there is room.</summary>
    /// <exception cref="NodeException">A column is asked for that there is not.</exception>
    public int[] PlacesOf(IReadOnlyList<Column> columns, int? usual, bool isFurther)
    {
        if (!IsNamed || isFurther)
        {
            return [.. Enumerable.Range(0, IsWide || isFurther ? columns.Count : Math.Min(usual ?? columns.Count, columns.Count))];
        }

        IEnumerable<int> kept = Enumerable.Range(0, columns.Count).Where(i => i == 0 || columns[i].IsKept);
        return [.. kept.Concat(Named.Select(name => PlaceOf(columns, name))).Distinct()];
    }

    /// <summary>The word that there is more than is shown.</summary>
    public static string WordAbout(IReadOnlyList<string> omitted, string noun) =>
        $"… {omitted.Count} more {(omitted.Count == 1 ? noun.TrimEnd('s') : noun)}: {string.Join(", ", omitted.Take(NamedInWord))}"
        + $"{(omitted.Count > NamedInWord ? ", …" : "")} (--wide shows all, --columns those you name)";

    private static int PlaceOf(IReadOnlyList<Column> columns, string name)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            if (string.Equals(columns[i].Name, name, StringComparison.OrdinalIgnoreCase) || MetricNames.IsOf(columns[i].Name, name))
            {
                return i;
            }
        }

        throw new NodeException($"--columns {name}: this table has no such column; it has {string.Join(", ", columns.Select(column => column.Name))}.");
    }
}
