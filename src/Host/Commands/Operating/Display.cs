using DataLoad.Host.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Where answers are shown: tables and colours on a terminal; without one, lines of tab-separated cells without any escape codes.</summary>
internal sealed class Display(TextWriter output, IAnsiConsole? terminal)
{
    private readonly List<IRenderable> _pending = [];

    /// <summary>The display for a command's output.</summary>
    public static Display For(TextWriter output) =>
        new(output, ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected ? AnsiConsole.Console : null);

    public bool IsTerminal => terminal is not null;

    public void Table(IReadOnlyList<Column> columns, IEnumerable<Cell[]> rows) => Add(
        rows.Select(Plain).Prepend(string.Join('\t', columns.Select(column => column.Name))),
        () =>
        {
            var table = new Table { Border = TableBorder.Simple };
            foreach (Column column in columns)
            {
                var made = new TableColumn(new Text(Cell.Flat(column.Name), new Style(decoration: Decoration.Bold)));
                table.AddColumn(column.IsNumber ? made.RightAligned().NoWrap() : column.IsWhole ? made.NoWrap() : made);
            }

            foreach (Cell[] row in rows)
            {
                table.AddRow(row.Select(cell => (IRenderable)new Text(cell.Shown, StyleOf(cell.Tone))));
            }

            return table;
        });

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

/// <summary>A table's column; numbers stand on the right, and what is to stay whole is not broken into lines.</summary>
internal readonly record struct Column(string Name, bool IsNumber = false, bool IsWhole = false)
{
    public static implicit operator Column(string name) => new(name);

    public static Column Number(string name) => new(name, IsNumber: true);

    public static Column Whole(string name) => new(name, IsWhole: true);
}

/// <summary>How a text is meant, a colour on a terminal: as it is, as it should be, worth a look, wrong, of less weight.</summary>
internal enum Tone { Plain = 0, Good, Warning, Bad, Faint }

/// <summary>Times, sizes and values as people read them.</summary>
internal static class Form
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A point of time in UTC, as in <c>2026-11-24T08:00:00.000Z</c>.</summary>
    public static string Time(long epochMs) => epochMs is < -62_135_596_800_000 or > 253_402_300_799_999
        ? epochMs.ToString()
        : DateTimeOffset.FromUnixTimeMilliseconds(epochMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

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
