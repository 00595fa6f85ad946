namespace DataLoad.Host.OperatorConsole;

/// <summary>Draws a line that is being edited, in one row of a terminal; a longer line is moved along.</summary>
internal sealed class LineView(TextWriter output, Func<int> columns)
{
    private const string ToStart = "\r";
    private const string ClearToEnd = "\e[K";
    private const string ClearScreen = "\e[2J\e[H";

    /// <summary>Draws the line anew.</summary>
    public void Draw(string prompt, LineBuffer line)
    {
        int room = Math.Max(10, columns() - CellWidth.Of(prompt) - 1);
        (string shown, int cursor) = Window(line, room);
        output.Write($"{ToStart}{prompt}{shown}{ClearToEnd}{ToStart}");
        output.Write($"\e[{CellWidth.Of(prompt) + cursor}C");
        output.Flush();
    }

    /// <summary>Ends the row.</summary>
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

    /// <summary>Empties the screen.</summary>
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
