namespace DataLoad.Host.Hocon.Syntax;

/// <summary>Cuts HOCON text into tokens, skipping comments and the byte order mark, counting lines and columns.</summary>
internal sealed class HoconScanner(string text, string file)
{
    private const string NotInUnquoted = "$\"{}[]:=,+#`^?!@*&\\";

    private readonly string _text = text;
    private int _at = text.StartsWith('\uFEFF') ? 1 : 0;
    private int _lineStart = text.StartsWith('\uFEFF') ? 1 : 0;
    private int _line = 1;

    private HoconOrigin Here => new(file, _line, _at - _lineStart + 1);

    /// <summary>The next token; after the last, <see cref="HoconTokenKind.End"/> for ever.</summary>
    public HoconToken Next()
    {
        string space = SkipSpace();
        HoconOrigin origin = Here;
        if (_at >= _text.Length)
        {
            return new HoconToken(HoconTokenKind.End, "", space, origin);
        }

        char c = _text[_at];
        HoconTokenKind? mark = c switch
        {
            '\n' => HoconTokenKind.Newline,
            '{' => HoconTokenKind.LeftBrace,
            '}' => HoconTokenKind.RightBrace,
            '[' => HoconTokenKind.LeftBracket,
            ']' => HoconTokenKind.RightBracket,
            ',' => HoconTokenKind.Comma,
            ':' => HoconTokenKind.Colon,
            '=' => HoconTokenKind.Equals,
            _ => null,
        };
        if (mark is { } kind)
        {
            _at++;
            if (c == '\n')
            {
                _line++;
                _lineStart = _at;
            }

            return new HoconToken(kind, c.ToString(), space, origin);
        }

        if (Follows("+="))
        {
            _at += 2;
            return new HoconToken(HoconTokenKind.PlusEquals, "+=", space, origin);
        }

        if (Follows("${"))
        {
            string start = Follows("${?") ? "${?" : "${";
            _at += start.Length;
            return new HoconToken(HoconTokenKind.SubstitutionStart, start, space, origin);
        }

        if (c == '"')
        {
            return new HoconToken(HoconTokenKind.Quoted, Follows("\"\"\"") ? TripleQuoted(origin) : Quoted(origin), space, origin);
        }

        return new HoconToken(HoconTokenKind.Unquoted, Unquoted(origin), space, origin);
    }

    private bool Follows(string mark) => string.CompareOrdinal(_text, _at, mark, 0, mark.Length) == 0;

    private static bool IsSpace(char c) => c is '\uFEFF' or (>= '\u001C' and <= '\u001F') || char.IsWhiteSpace(c);

    private string SkipSpace()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] != '\n' && IsSpace(_text[_at]))
        {
            _at++;
        }

        string space = start == _at ? "" : _text[start.._at];
        if (_at < _text.Length && (_text[_at] == '#' || Follows("//")))
        {
            int end = _text.IndexOf('\n', _at);
            _at = end < 0 ? _text.Length : end;
        }

        return space;
    }

    private string Unquoted(HoconOrigin origin)
    {
        int start = _at;
        while (_at < _text.Length && !IsSpace(_text[_at]) && !Follows("//"))
        {
            char c = _text[_at];
            if (NotInUnquoted.Contains(c, StringComparison.Ordinal) && !IsExponentSign(c, start))
            {
                break;
            }

            _at++;
        }

        if (_at == start)
        {
            throw HoconException.Syntax(origin, "\"" + HoconToken.Shorten(_text[_at].ToString()) + "\"", "a key or value (this character must be in quotes)");
        }

        return _text[start.._at];
    }

    /// <summary>Whether the '+' at hand is in a number such as 1e+5.</summary>
    private bool IsExponentSign(char c, int start) =>
        c == '+' && _at > start && _text[_at - 1] is 'e' or 'E' && (char.IsAsciiDigit(_text[start]) || _text[start] == '-')
        && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1]);

    private string TripleQuoted(HoconOrigin origin)
    {
        int start = _at + 3;
        int end = _text.IndexOf("\"\"\"", start, StringComparison.Ordinal);
        if (end < 0)
        {
            throw HoconException.Syntax(origin, "a string that never ends", "closing \"\"\"");
        }

        // More than three quotes at the end: all but the last three are text.
        while (end + 3 < _text.Length && _text[end + 3] == '"')
        {
            end++;
        }

        for (int i = start; i < end; i++)
        {
            if (_text[i] == '\n')
            {
                _line++;
                _lineStart = i + 1;
            }
        }

        _at = end + 3;
        return _text[start..end];
    }

    private string Quoted(HoconOrigin origin)
    {
        var quoted = new StringBuilder();
        _at++;
        while (true)
        {
            if (_at >= _text.Length || _text[_at] == '\n')
            {
                throw HoconException.Syntax(origin, "a string that does not end on its line", "closing \" (or \"\"\" for a string of several lines)");
            }

            char c = _text[_at];
            if (c == '"')
            {
                _at++;
                return quoted.ToString();
            }

            if (c == '\\')
            {
                quoted.Append(Escape());
            }
            else
            {
                quoted.Append(c);
                _at++;
            }
        }
    }

    private char Escape()
    {
        HoconOrigin origin = Here;
        char c = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        _at += 2;
        return c switch
        {
            '"' or '\\' or '/' => c,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' when TryHexadecimal(out char code) => code,
            _ => throw HoconException.Syntax(origin, "\"\\" + (c == '\0' ? "" : HoconToken.Shorten(c.ToString())) + "\"",
                "an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hexadecimal digits"),
        };
    }

    private bool TryHexadecimal(out char code)
    {
        code = '\0';
        if (_at + 4 > _text.Length || !ushort.TryParse(_text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value))
        {
            return false;
        }

        _at += 4;
        code = (char)value;
        return true;
    }
}

/// <summary>One token: its text, unescaped, and the whitespace before it on its line, which value concatenation keeps.</summary>
internal readonly record struct HoconToken(HoconTokenKind Kind, string Text, string Space, HoconOrigin Origin)
{
    private const int ShownChars = 40;

    /// <summary>The token for an error message.</summary>
    public string Describe() => Kind switch
    {
        HoconTokenKind.End => "end of file",
        HoconTokenKind.Newline => "end of line",
        _ => "\"" + Shorten(Text) + "\"",
    };

    /// <summary>The failure of finding this token where <paramref name="expected"/> should be.</summary>
    public HoconException Unexpected(string expected) => HoconException.Syntax(Origin, Describe(), expected);

    /// <summary><paramref name="text"/> on one line, of bounded length, without control characters.</summary>
    public static string Shorten(string text)
    {
        IEnumerable<string> shown = text.Take(ShownChars).Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString());
        return string.Concat(shown) + (text.Length > ShownChars ? "..." : "");
    }
}

/// <summary>The kinds of token in HOCON text.</summary>
internal enum HoconTokenKind
{
    End, Newline, LeftBrace, RightBrace, LeftBracket, RightBracket, Comma, Colon, Equals, PlusEquals, Quoted, Unquoted,

    /// <summary><c>${</c> or <c>${?</c>; the path and its closing brace follow as tokens.</summary>
    SubstitutionStart,
}
