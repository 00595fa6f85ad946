namespace DataLoad.Host.OperatorConsole;

/// <summary>A line that is being edited, and the place of the cursor in it.</summary>
internal sealed class LineBuffer
{
    private readonly StringBuilder _text = new();

    /// <summary>The line.</summary>
    public string Text => _text.ToString();

    /// <summary>The part before the cursor.</summary>
    public string BeforeCursor => _text.ToString(0, Cursor);

    /// <summary>How many characters are before the cursor.</summary>
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

    /// <summary>Deletes the character before the cursor.</summary>
    public void DeleteBack() => Remove(PlaceLeft(), Cursor);

    /// <summary>Deletes the character at the cursor.</summary>
    public void Delete() => Remove(Cursor, PlaceRight());

    /// <summary>Deletes back to where the word begins.</summary>
    public void DeleteWordBack() => Remove(WordLeft(), Cursor);

    /// <summary>Deletes all before the cursor.</summary>
    public void DeleteToStart() => Remove(0, Cursor);

    /// <summary>Deletes all from the cursor on.</summary>
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

    private int WordLeft()
    {
        int at = Cursor;
        while (at > 0 && char.IsWhiteSpace(_text[at - 1]))
        {
            at--;
        }

        while (at > 0 && !char.IsWhiteSpace(_text[at - 1]))
        {
            at--;
        }

        return at;
    }

    private int WordRight()
    {
        int at = Cursor;
        while (at < _text.Length && char.IsWhiteSpace(_text[at]))
        {
            at++;
        }

        while (at < _text.Length && !char.IsWhiteSpace(_text[at]))
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
