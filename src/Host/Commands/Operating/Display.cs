using DataLoad.Host.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Where answers are shown: tables and colours on a terminal; without one, lines of tab-separated cells without any escape codes.</summary>
internal sealed class Display(TextWriter output, IAnsiConsole? terminal, TableShape shape)
{
    private readonly List<IRenderable> _pending = [];

    /// <summary>The display for a command's output.</summary>
    public static Display For(TextWriter output, TableShape shape) =>
        new(output, ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected ? AnsiConsole.Console : null, shape);

    public bool IsTerminal => terminal is not null;

    /// <summary>How times are shown; a node tells it with each answer.</summary>
    public BusinessClock Clock { get; set; } = BusinessClock.Unknown;

    /// <summary>Adds a table: on a terminal as it fits the width, else a line a row.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">The rows, a cell a column.</param>
    /// <param name="usual">How many columns there are unless more are asked for; null for all.</param>
    /// <param name="noun">What columns after the first are, for the word about those that are not shown.</param>
    /// <param name="isFurther">Whether it is beside the answer's table, so that <c>--columns</c> does not mean it.</param>
    /// <exception cref="NodeException">A column is asked for that it does not have.</exception>
    public void Table(IReadOnlyList<Column> columns, IEnumerable<Cell[]> rows, int? usual = null, string noun = "columns", bool isFurther = false)
    {
        Cell[][] all = [.. rows];
        int[] places = shape.PlacesOf(columns, usual, isFurther);
        Column[] chosen = [.. places.Select(place => columns[place])];
        Cell[][] cells = [.. all.Select(row => places.Select(place => row[place]).ToArray())];
        string[] more = shape.IsNamed && !isFurther ? [] : [.. Enumerable.Range(0, columns.Count).Except(places).Select(place => columns[place].Name)];
        Add(cells.Select(Plain).Prepend(string.Join('\t', chosen.Select(column => column.Name))), () => new Lines(width =>
        {
            var layout = new TableLayout(chosen, cells, shape.IsWide ? null : width);
            string[] omitted = [.. layout.Omitted, .. more];
            return layout.Lines().Concat(omitted.Length == 0 ? [] : TableLayout.Wrap(TableShape.WordAbout(omitted, noun), width).Select(
                line => (IReadOnlyList<(string, Tone?)>)[(line, Tone.Faint)]));
        }));
    }

    public void Facts(IReadOnlyList<(string Name, Cell Value)> facts) => Add(facts.Select(fact => Plain([fact.Name, fact.Value])), () =>
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        foreach ((string name, Cell value) in facts)
        {
            grid.AddRow(new Text(name, StyleOf(Tone.Faint)), new Text(value.Shown, StyleOf(value.Tone)));
        }

        return grid;
    });

    public void Line(string text, Tone tone = Tone.Plain) => Add([Cell.Flat(text)], () => new Text(Cell.Flat(text), StyleOf(tone)));

    /// <summary>Adds a line that is for people alone: nothing where there is no terminal.</summary>
    public void Remark(string text, Tone tone = Tone.Faint)
    {
        if (IsTerminal)
        {
            Line(text, tone);
        }
    }

    /// <summary>Adds a line of cells, for what comes one by one.</summary>
    public void Row(params Cell[] cells) => Add([Plain(cells)], () =>
    {
        var line = new Paragraph();
        foreach (Cell cell in cells)
        {
            line.Append(cell.Text.Length == 0 ? "" : cell.Shown + "  ", StyleOf(cell.Tone));
        }

        return line;
    });

    /// <summary>Sets a further picture off from the one before it, where they stand one after the other.</summary>
    public void Separate(int picture)
    {
        if (terminal is null && picture > 0)
        {
            output.WriteLine();
        }
    }

    /// <summary>Shows what was added.</summary>
    public void Show()
    {
        foreach (IRenderable part in _pending)
        {
            terminal!.Write(part);
            if (part is Text or Paragraph)
            {
                terminal.WriteLine();
            }
        }

        _pending.Clear();
        output.Flush();
    }

    /// <summary>Shows pictures on a terminal in one place, each in the place of the one before; in plain text one after the other. The work adds a picture
    /// and then calls what it is given, again and again.</summary>
    public async Task AnimateAsync(Func<Action, Task> work)
    {
        if (terminal is null)
        {
            await work(output.Flush);
            return;
        }

        // A picture that is wider than the terminal takes more rows of it than it has lines, and could not be drawn over.
        if (shape.IsWide)
        {
            await work(Show);
            return;
        }

        await terminal.Live(new Text("")).Overflow(VerticalOverflow.Crop).StartAsync(live => work(() =>
        {
            live.UpdateTarget(new Rows([.. _pending]));
            _pending.Clear();
            live.Refresh();
        }));
    }

    private void Add(IEnumerable<string> plain, Func<IRenderable> shown)
    {
        if (terminal is not null)
        {
            _pending.Add(shown());
        }
        else
        {
            plain.ToList().ForEach(output.WriteLine);
        }
    }

    /// <summary>Lines as they are laid out for a width.</summary>
    private sealed class Lines(Func<int, IEnumerable<IReadOnlyList<(string Text, Tone? Tone)>>> layOut) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => new(maxWidth, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            foreach (IReadOnlyList<(string Text, Tone? Tone)> line in layOut(maxWidth))
            {
                foreach ((string text, Tone? tone) in line)
                {
                    yield return new Segment(text, tone is { } meant ? StyleOf(meant) : new Style(decoration: Decoration.Bold));
                }

                yield return Segment.LineBreak;
            }
        }
    }

    private static string Plain(IEnumerable<Cell> cells) => string.Join('\t', cells.Select(cell => Cell.Flat(cell.Text)));

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Good => new Style(Color.Green),
        Tone.Warning => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red),
        Tone.Faint => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };
}

/// <summary>A text of a table.</summary>
/// <param name="Text">The text, as programs read it.</param>
/// <param name="Tone">How it is meant.</param>
/// <param name="IsNumber">Whether it is a number, which a terminal shows on the right and in groups of three digits.</param>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain, bool IsNumber = false)
{
    public static implicit operator Cell(string text) => new(text);

    public static Cell Of(long number, Tone tone = Tone.Plain) => new(number.ToString(), tone, IsNumber: true);

    /// <summary>A whole number that stands out where it is not zero.</summary>
    public static Cell Unless0(long number, Tone tone) => Of(number, number == 0 ? Tone.Plain : tone);

    /// <summary>A whole number that may be unknown.</summary>
    public static Cell Of(long? number, Tone tone = Tone.Plain) => number is { } known ? Of(known, tone) : new Cell("?", Tone.Faint, IsNumber: true);

    /// <summary>A rate a second.</summary>
    public static Cell Rate(double rate) => new(rate.ToString("0.0"), rate == 0 ? Tone.Faint : Tone.Plain, IsNumber: true);

    /// <summary>The text as people read it: without control characters, which could write where they have no business to, and with grouped digits.</summary>
    public string Shown => IsNumber ? Grouped(Flat(Text)) : Flat(Text);

    /// <summary>A text without control characters.</summary>
    public static string Flat(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;

    private static string Grouped(string number)
    {
        int end = number.IndexOf('.', StringComparison.Ordinal);
        for (int at = (end < 0 ? number.Length : end) - 3; at > 0 && char.IsAsciiDigit(number[at - 1]); at -= 3)
        {
            number = number.Insert(at, ",");
        }

        return number;
    }
}

/// <summary>A table's column; numbers stand on the right, what is to stay whole is not broken into lines, and what is kept is there however narrow a table is, as
/// the first column is. Of the others those of the highest rank go first, and of one rank those on the right.</summary>
internal readonly record struct Column(string Name, bool IsNumber = false, bool IsWhole = false, bool IsKept = false, int Rank = 0)
{
    public static implicit operator Column(string name) => new(name);

    public static Column Number(string name) => new(name, IsNumber: true);

    public static Column Whole(string name) => new(name, IsWhole: true);

    public static Column Kept(string name) => new(name, IsWhole: true, IsKept: true);
}

/// <summary>How a text is meant, a colour on a terminal: as it is, as it should be, worth a look, wrong, of less weight.</summary>
internal enum Tone { Plain = 0, Good, Warning, Bad, Faint }

/// <summary>Times, sizes and values as people read them.</summary>
internal static class Form
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd");

    /// <summary>How long something is ago, in its largest unit, as in <c>3 h</c>.</summary>
    public static string Age(long fromMs, long nowMs) => Span(Math.Max(0, (nowMs - fromMs) / 1000));

    /// <summary>Seconds in their largest unit, as in <c>3 h</c>.</summary>
    public static string Span(long seconds) => seconds switch
    {
        < 60 => $"{seconds} s",
        < 3600 => $"{seconds / 60} min",
        < 86_400 => $"{seconds / 3600} h",
        _ => $"{seconds / 86_400} d",
    };

    /// <summary>A size, as in <c>1.5 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < Units.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        return $"{(unit == 0 ? size.ToString("0") : size.ToString("0.0"))} {Units[unit]}";
    }

    /// <summary>A value by its name, or a blank where it is not there.</summary>
    public static Cell Value(NamedValues values, string name) => values.Find(name) is { } value ? Value(value) : new Cell("", IsNumber: true);

    /// <summary>A cell's value.</summary>
    public static Cell Value(CellValue value) => new(value.Text, value.Value == 0 ? Tone.Faint : Tone.Plain, IsNumber: true);

    /// <summary>Facts in one text, as in <c>buyNum=2 payAmount=10.00</c>.</summary>
    public static string Facts(NamedValues facts) => string.Join(' ', facts.Entries.Select(fact => $"{fact.Name}={fact.Value?.Text}"));
}
