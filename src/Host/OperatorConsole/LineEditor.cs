namespace DataLoad.Host.OperatorConsole;

/// <summary>Lets a line be edited at a terminal, with completion and history, by the keys that shells have.</summary>
internal sealed class LineEditor(IKeySource keys, LineView view, Completer completer, History history) : ILineSource
{
    private readonly LineBuffer _line = new();
    private string _draft = "";
    private int _place;

    /// <remarks>Ctrl-C drops the line and returns an empty one, Ctrl-D on an empty line ends the input.</remarks>
    public string? ReadLine(string prompt)
    {
        _line.Set("");
        _draft = "";
        _place = history.Lines.Count;
        while (true)
        {
            view.Draw(prompt, _line);
            ConsoleKeyInfo key = keys.Read();
            switch (Meaning(key))
            {
                case ConsoleKey.Enter:
                    view.EndRow();
                    history.Add(_line.Text);
                    return _line.Text;
                case ConsoleKey.C when IsControl(key):
                    view.EndRow("^C");
                    return "";
                case ConsoleKey.D when IsControl(key) && _line.Text.Length == 0:
                    view.EndRow();
                    return null;
                case ConsoleKey.Tab:
                    Complete();
                    break;
                default:
                    Edit(key);
                    break;
            }
        }
    }

    private static bool IsControl(ConsoleKeyInfo key) => key.Modifiers.HasFlag(ConsoleModifiers.Control) || key.KeyChar is > '\0' and < ' ';

    // What is pasted comes as characters alone, and a terminal may tell a key or just its control character.
    private static ConsoleKey Meaning(ConsoleKeyInfo key) => key.KeyChar switch
    {
        '\r' or '\n' => ConsoleKey.Enter,
        '\t' => ConsoleKey.Tab,
        '\b' or '\u007f' => ConsoleKey.Backspace,
        >= '\u0001' and <= '\u001a' => ConsoleKey.A + (key.KeyChar - 1),
        _ => key.Key,
    };

    private void Edit(ConsoleKeyInfo key)
    {
        ConsoleKey meaning = Meaning(key);
        if (IsControl(key) && EditByControl(meaning))
        {
            return;
        }

        switch (meaning)
        {
            case ConsoleKey.Backspace: _line.DeleteBack(); break;
            case ConsoleKey.Delete: _line.Delete(); break;
            case ConsoleKey.LeftArrow: _line.MoveLeft(); break;
            case ConsoleKey.RightArrow: _line.MoveRight(); break;
            case ConsoleKey.Home: _line.MoveToStart(); break;
            case ConsoleKey.End: _line.MoveToEnd(); break;
            case ConsoleKey.UpArrow: Recall(_place - 1); break;
            case ConsoleKey.DownArrow: Recall(_place + 1); break;
            case ConsoleKey.Escape: _line.Set(""); break;
            default:
                if (!char.IsControl(key.KeyChar))
                {
                    _line.Insert(key.KeyChar.ToString());
                }

                break;
        }
    }

    private bool EditByControl(ConsoleKey meaning)
    {
        switch (meaning)
        {
            case ConsoleKey.A: _line.MoveToStart(); break;
            case ConsoleKey.B: _line.MoveLeft(); break;
            case ConsoleKey.D: _line.Delete(); break;
            case ConsoleKey.E: _line.MoveToEnd(); break;
            case ConsoleKey.F: _line.MoveRight(); break;
            case ConsoleKey.K: _line.DeleteToEnd(); break;
            case ConsoleKey.L: view.Clear(); break;
            case ConsoleKey.N: Recall(_place + 1); break;
            case ConsoleKey.P: Recall(_place - 1); break;
            case ConsoleKey.U: _line.DeleteToStart(); break;
            case ConsoleKey.W: _line.DeleteWordBack(); break;
            case ConsoleKey.LeftArrow: _line.MoveWordLeft(); break;
            case ConsoleKey.RightArrow: _line.MoveWordRight(); break;
            default: return false;
        }

        return true;
    }

    private void Recall(int place)
    {
        if (place < 0 || place > history.Lines.Count)
        {
            return;
        }

        if (_place == history.Lines.Count)
        {
            _draft = _line.Text;
        }

        _place = place;
        _line.Set(place == history.Lines.Count ? _draft : history.Lines[place]);
    }

    private void Complete()
    {
        CompletionResult result = completer.Complete(_line.BeforeCursor);
        string prefix = Completer.CommonPrefix(result.Candidates);
        if (result.Candidates is [string only])
        {
            _line.Replace(result.Start, only + " ");
        }
        else if (prefix.Length > _line.Cursor - result.Start)
        {
            _line.Replace(result.Start, prefix);
        }
        else if (result.Candidates.Count > 0)
        {
            view.List(result.Candidates);
        }
    }
}

/// <summary>Where a console's lines come from.</summary>
internal interface ILineSource
{
    /// <summary>The next line, or null where there is none any more.</summary>
    string? ReadLine(string prompt);
}

/// <summary>Lines from a file or a pipe; nobody is prompted.</summary>
internal sealed class PipedLines(TextReader input) : ILineSource
{
    public string? ReadLine(string prompt) => input.ReadLine();
}

/// <summary>Where keys come from.</summary>
internal interface IKeySource
{
    /// <summary>Waits for a key.</summary>
    ConsoleKeyInfo Read();
}

/// <summary>The terminal's keys. Ctrl-C is one of them while it waits, and ends what runs otherwise.</summary>
internal sealed class TerminalKeys : IKeySource
{
    public ConsoleKeyInfo Read()
    {
        Console.TreatControlCAsInput = true;
        try
        {
            return Console.ReadKey(intercept: true);
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }
}
