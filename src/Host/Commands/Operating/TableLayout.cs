using DataLoad.Host.OperatorConsole;

namespace DataLoad.Host.Commands.Operating;

/// <summary>A table as it fits a width: no number and no word is broken. Texts are broken into lines between words; where that is not enough, columns that are blank
/// are left out, and then others by their rank, those on the right first. The first column is always there; where its longest text would leave no room for
/// another column, those of more than half of the width stand on lines of their own, above the rest of their rows.</summary>
internal sealed class TableLayout
{
    private const int Gap = 2;

    /// <summary>A text is not made narrower than this while a column on its right could go.</summary>
    private const int LeastText = 12;

    private readonly IReadOnlyList<Column> _columns;
    private readonly IReadOnlyList<Cell[]> _rows;
    private readonly int[] _widths;
    private readonly int[] _shown;

    /// <param name="columns">The columns.</param>
    /// <param name="rows">The rows, a cell a column.</param>
    /// <param name="width">How wide it may be; null for as wide as it is.</param>
    public TableLayout(IReadOnlyList<Column> columns, IReadOnlyList<Cell[]> rows, int? width)
    {
        _columns = columns;
        _rows = rows;
        int[] natural = [.. columns.Select((column, i) => rows.Select(row => CellWidth.Of(row[i].Shown)).Append(CellWidth.Of(column.Name)).Max())];
        int[] least = [.. columns.Select((column, i) => Least(column, i, natural[i]))];
        var shown = Enumerable.Range(0, columns.Count).ToList();
        if (width is { } room)
        {
            if (columns.Count > 1 && natural[0] + Gap + least[1..].Max() > room)
            {
                natural[0] = least[0] = rows.Select(row => CellWidth.Of(row[0].Shown)).Where(wide => wide <= room / 2).Append(CellWidth.Of(columns[0].Name)).Max();
            }

            int[] leavingFirst = [.. shown.Where(i => i > 0 && !columns[i].IsKept).OrderByDescending(i => rows.Count > 0 && rows.All(row => row[i].Text.Length == 0))
                .ThenByDescending(i => columns[i].Rank).ThenByDescending(i => i)];
            foreach (int leaving in leavingFirst)
            {
                if (WidthOf(shown.Select(i => least[i])) <= room)
                {
                    break;
                }

                shown.Remove(leaving);
            }

            // What is left of the width goes to those that are narrower than they would be.
            int rest = Math.Max(0, room - WidthOf(shown.Select(i => least[i])));
            foreach (int i in shown)
            {
                int more = Math.Min(rest, natural[i] - least[i]);
                least[i] += more;
                rest -= more;
            }

            natural = least;
        }

        _shown = [.. shown];
        _widths = natural;
    }

    /// <summary>The columns that are not in it.</summary>
    public IReadOnlyList<string> Omitted => [.. Enumerable.Range(0, _columns.Count).Except(_shown).Select(i => _columns[i].Name)];

    /// <summary>The lines, each a list of texts with what each is: those of the header, a rule, those of the rows.</summary>
    public IEnumerable<IReadOnlyList<(string Text, Tone? Tone)>> Lines()
    {
        foreach (List<(string, Tone?)> line in LinesOf([.. _columns.Select(column => (Cell)column.Name)], isHeader: true))
        {
            yield return line;
        }

        yield return [(new string('─', WidthOf(_shown.Select(i => _widths[i]))), Tone.Faint)];
        foreach (List<(string, Tone?)> line in _rows.SelectMany(row => LinesOf(row, isHeader: false)))
        {
            yield return line;
        }
    }

    /// <summary>A text in lines that are broken between words; a longer word has a line of its own.</summary>
    public static List<string> Wrap(string text, int width)
    {
        if (CellWidth.Of(text) <= width)
        {
            return [text];
        }

        var lines = new List<string>();
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && CellWidth.Of(line) + 1 + CellWidth.Of(word) > width)
            {
                lines.Add(line);
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        lines.Add(line);
        return lines;
    }

    private int Least(Column column, int place, int natural)
    {
        int name = LongestWord(column.Name);
        bool isText = place > 0 && !column.IsNumber && !column.IsWhole;
        return _rows.Select(row => isText && !row[place].IsNumber ? LongestWord(row[place].Shown) : CellWidth.Of(row[place].Shown))
            .Append(isText ? Math.Min(LeastText, natural) : 0).Append(name).Max();
    }

    private static int LongestWord(string text) => text.Split(' ').Max(CellWidth.Of);

    private static int WidthOf(IEnumerable<int> widths) => widths.Sum(width => width + Gap) - Gap;

    private IEnumerable<List<(string Text, Tone? Tone)>> LinesOf(Cell[] cells, bool isHeader)
    {
        bool isApart = !isHeader && CellWidth.Of(cells[0].Shown) > _widths[0];
        if (isApart)
        {
            yield return [(cells[0].Shown, cells[0].Tone)];
            cells = [cells[0] with { Text = "" }, .. cells[1..]];
        }

        List<string>[] texts = [.. _shown.Select(i => isHeader || !cells[i].IsNumber ? Wrap(cells[i].Shown, _widths[i]) : [cells[i].Shown])];
        for (int line = 0; line < texts.Max(text => text.Count); line++)
        {
            var parts = new List<(string Text, Tone? Tone)>();
            int last = Array.FindLastIndex(texts, text => line < text.Count && text[line].Length > 0);
            if (isApart && last < 0)
            {
                continue;
            }

            for (int at = 0; at <= last; at++)
            {
                int i = _shown[at];
                string text = line < texts[at].Count ? texts[at][line] : "";
                string blanks = new(' ', Math.Max(0, _widths[i] - CellWidth.Of(text)));
                string placed = _columns[i].IsNumber ? blanks + text : at < last ? text + blanks : text;
                parts.Add((at < last ? placed + new string(' ', Gap) : placed, isHeader ? null : cells[i].Tone));
            }

            yield return parts;
        }
    }
}
