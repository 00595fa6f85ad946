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

    /// <summary>Whether it is a terminal.</summary>
    public bool IsTerminal => terminal is not null;

    /// <summary>Adds a table.</summary>
    public void Table(IReadOnlyList<Column> columns, IEnumerable<Cell[]> rows) => Add(
        rows.Select(Plain).Prepend(string.Join('\t', columns.Select(column => column.Name))),
        () =>
        {
            var table = new Table { Border = TableBorder.Simple };
            foreach (Column column in columns)
            {
                var made = new TableColumn(new Text(Cell.Flat(column.Name), new Style(decoration: Decoration.Bold)));
                table.AddColumn(column.IsNumber ? made.RightAligned().NoWrap() : made);
            }

            foreach (Cell[] row in rows)
            {
                table.AddRow(row.Select(cell => (IRenderable)new Text(cell.Shown, StyleOf(cell.Tone))));
            }

            return table;
        });

    /// <summary>Adds names with their values.</summary>
    public void Facts(IReadOnlyList<(string Name, Cell Value)> facts) => Add(
        facts.Select(fact => Plain([fact.Name, fact.Value])),
        () =>
        {
            var grid = new Grid();
            grid.AddColumn(new GridColumn().NoWrap().PadRight(2));
            grid.AddColumn();
            foreach ((string name, Cell value) in facts)
            {
                grid.AddRow(new Text(name, StyleOf(Tone.Faint)), new Text(value.Shown, StyleOf(value.Tone)));
            }

            return grid;
        });

    /// <summary>Adds a line.</summary>
    public void Line(string text, Tone tone = Tone.Plain) => Add([Cell.Flat(text)], () => new Text(Cell.Flat(text), StyleOf(tone)));

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
            return;
        }

        foreach (string line in plain)
        {
            output.WriteLine(line);
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
