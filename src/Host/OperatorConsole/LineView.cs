namespace DataLoad.Host.OperatorConsole;

/// <summary>Draws a line that is being edited, in one row of a terminal; a longer line is moved along.</summary>
internal sealed class LineView(TextWriter output, Func<int> columns)
{
    private const string ToStart = "\r";
    private const string ClearToEnd = "\e[K";
    private const string ClearScreen = "\e[2J\e[H";

    public void Draw(string prompt, LineBuffer line)
    {
        int room = Math.Max(10, columns() - CellWidth.Of(prompt) - 1);
        (string shown, int cursor) = Window(line, room);
        output.Write($"{ToStart}{prompt}{shown}{ClearToEnd}{ToStart}");
        output.Write($"\e[{CellWidth.Of(prompt) + cursor}C");
        output.Flush();
    }

    public void EndRow(string text = "")
    {
        output.WriteLine(text);
        output.Flush();
    }

    /// <summary>Shows words in columns below the line.</summary>
    public void List(IReadOnlyList<string> words)
    {
        int width = words.Max(CellWidth.Of) + 2;
        int perRow = Math.Max(1, columns() / width);
        output.WriteLine();
        foreach (string[] row in words.Chunk(perRow))
        {
            output.WriteLine(string.Concat(row.Select(word => word + new string(' ', width - CellWidth.Of(word)))).TrimEnd());
        }
    }

    public void Clear() => output.Write(ClearScreen);

    /// <summary>The part of the line that fits, such that the cursor is in it, and the cursor's column there.</summary>
    private static (string Shown, int Cursor) Window(LineBuffer line, int room)
    {
        int start = 0;
        while (CellWidth.Of(line.Text[start..line.Cursor]) > room)
        {
            start++;
        }

        var shown = new StringBuilder();
        int width = 0;
        foreach (Rune rune in line.Text[start..].EnumerateRunes())
        {
            width += CellWidth.Of(rune);
            if (width > room)
            {
                break;
            }

            shown.Append(rune.ToString());
        }

        return (shown.ToString(), CellWidth.Of(line.Text[start..line.Cursor]));
    }
}

/// <summary>How many columns of a terminal a text takes: ideographs and emoji take two.</summary>
internal static class CellWidth
{
    public static int Of(string text) => text.EnumerateRunes().Sum(rune => Of(rune));

    public static int Of(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => IsWide(rune.Value) ? 2 : 1,
    };

    private static bool IsWide(int value) => value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0x303E) or (>= 0x3041 and <= 0xA4CF)
        or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6)
        or (>= 0x1F300 and <= 0x1F64F) or (>= 0x1F900 and <= 0x1F9FF) or (>= 0x20000 and <= 0x3FFFD);
}

/// <summary>A line that is being edited, and the place of the cursor in it.</summary>
internal sealed class LineBuffer
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();
    public string BeforeCursor => _text.ToString(0, Cursor);
    public int Cursor { get; private set; }

    /// <summary>Puts another line in its place, the cursor at its end.</summary>
    public void Set(string text)
    {
        _text.Clear().Append(text);
        Cursor = _text.Length;
    }

    /// <summary>Writes at the cursor.</summary>
    public void Insert(string text)
    {
        _text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    /// <summary>Puts a text in the place of what stands between a place and the cursor.</summary>
    public void Replace(int start, string text)
    {
        _text.Remove(start, Cursor - start);
        Cursor = start;
        Insert(text);
    }

    public void DeleteBack() => Remove(PlaceLeft(), Cursor);
    public void Delete() => Remove(Cursor, PlaceRight());
    public void DeleteWordBack() => Remove(WordLeft(), Cursor);
    public void DeleteToStart() => Remove(0, Cursor);
    public void DeleteToEnd() => Remove(Cursor, _text.Length);

    public void MoveLeft() => Cursor = PlaceLeft();
    public void MoveRight() => Cursor = PlaceRight();
    public void MoveWordLeft() => Cursor = WordLeft();
    public void MoveWordRight() => Cursor = WordRight();
    public void MoveToStart() => Cursor = 0;
    public void MoveToEnd() => Cursor = _text.Length;

    // A character beyond the basic plane is two chars, and the cursor never stands between them.
    private int PlaceLeft() => Cursor == 0 ? 0 : Cursor >= 2 && char.IsSurrogatePair(_text[Cursor - 2], _text[Cursor - 1]) ? Cursor - 2 : Cursor - 1;

    private int PlaceRight() => Cursor >= _text.Length ? _text.Length
        : Cursor + 1 < _text.Length && char.IsSurrogatePair(_text[Cursor], _text[Cursor + 1]) ? Cursor + 2
        : Cursor + 1;

    private int WordLeft() => PassLeft(PassLeft(Cursor, isSpace: true), isSpace: false);
    private int WordRight() => PassRight(PassRight(Cursor, isSpace: true), isSpace: false);

    private int PassLeft(int at, bool isSpace)
    {
        while (at > 0 && char.IsWhiteSpace(_text[at - 1]) == isSpace)
        {
            at--;
        }

        return at;
    }

    private int PassRight(int at, bool isSpace)
    {
        while (at < _text.Length && char.IsWhiteSpace(_text[at]) == isSpace)
        {
            at++;
        }

        return at;
    }

    private void Remove(int from, int to)
    {
        _text.Remove(from, to - from);
        Cursor = from;
    }
}
