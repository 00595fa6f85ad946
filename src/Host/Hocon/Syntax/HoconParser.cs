namespace DataLoad.Host.Hocon.Syntax;

/// <summary>Parses one file or text into an object, merging the files it includes.</summary>
internal sealed class HoconParser(HoconSource source, HoconSourceReader reader, IReadOnlyList<string> prefix)
{
    private readonly HoconScanner _scanner = new(source.Text, source.Name);
    private readonly int _maxDepth = reader.Limits.MaxDepth;
    private HoconToken _token;

    /// <summary>Parses a source and those it includes. The prefix is the path at which it is included itself, and the depth how deep that is; empty and 0
    /// for a whole configuration.</summary>
    public static SyntaxObject Parse(HoconSource source, HoconSourceReader reader, IReadOnlyList<string> prefix, int depth) =>
        new HoconParser(source, reader, prefix).ParseRoot(depth);

    private SyntaxObject ParseRoot(int depth)
    {
        Advance();
        SkipNewlines();
        var root = new SyntaxObject(_token.Origin);
        switch (_token.Kind)
        {
            case HoconTokenKind.LeftBracket:
                throw _token.Unexpected("an object (a configuration is not an array)");
            case HoconTokenKind.LeftBrace:
                Advance();
                ParseFields(root, HoconTokenKind.RightBrace, prefix, depth);
                Advance();
                SkipNewlines();
                Require(HoconTokenKind.End, "end of file after the closing }");
                break;
            default:
                ParseFields(root, HoconTokenKind.End, prefix, depth);
                break;
        }

        return root;
    }

    /// <summary>Sees that the token at hand is of a kind.</summary>
    private void Require(HoconTokenKind kind, string expected)
    {
        if (_token.Kind != kind)
        {
            throw _token.Unexpected(expected);
        }
    }

    /// <summary>Parses fields up to <paramref name="end"/>, which is left as the token at hand; the path is null inside an array.</summary>
    private void ParseFields(SyntaxObject into, HoconTokenKind end, IReadOnlyList<string>? path, int depth)
    {
        while (true)
        {
            SkipNewlines();
            if (_token.Kind == end)
            {
                return;
            }

            if (_token is { Kind: HoconTokenKind.Unquoted, Text: "include" })
            {
                Advance();
                foreach (HoconSource included in reader.Include(source, ParseInclude()))
                {
                    into.Merge(Parse(included, reader, path ?? [], depth));
                }
            }
            else
            {
                ParseField(into, end, path, depth);
            }

            SkipSeparator(end);
        }
    }

    /// <summary>Passes over what stands between two fields or items: new lines, a comma, or both.</summary>
    private void SkipSeparator(HoconTokenKind end)
    {
        bool isSeparated = _token.Kind == HoconTokenKind.Newline;
        SkipNewlines();
        if (_token.Kind == HoconTokenKind.Comma)
        {
            Advance();
        }
        else if (!isSeparated && _token.Kind != end)
        {
            throw _token.Unexpected("a comma, a new line or " + Closing(end));
        }
    }

    private static string Closing(HoconTokenKind end) => end switch
    {
        HoconTokenKind.RightBrace => "}",
        HoconTokenKind.RightBracket => "]",
        _ => "end of file",
    };

    private HoconInclude ParseInclude()
    {
        SkipNewlines();
        HoconOrigin origin = _token.Origin;
        string before = "";
        while (_token.Kind == HoconTokenKind.Unquoted && before.Length < "required(file(".Length)
        {
            before += _token.Text;
            Advance();
        }

        int parentheses = HoconInclude.Parentheses(before);
        const string Expected = "\"file\", file(\"file\"), required(\"file\") or required(file(\"file\")) after include";
        if (parentheses < 0)
        {
            throw HoconException.Syntax(origin, "\"" + HoconToken.Shorten(before) + "\"", Expected);
        }

        Require(HoconTokenKind.Quoted, Expected);
        string name = _token.Text;
        Advance();
        for (int closed = 0; closed < parentheses; closed += _token.Text.Length, Advance())
        {
            if (_token.Kind != HoconTokenKind.Unquoted || _token.Text.Length > parentheses - closed || _token.Text.Trim(')').Length > 0)
            {
                throw _token.Unexpected(")");
            }
        }

        return new HoconInclude(origin, name, before.StartsWith("required(", StringComparison.Ordinal));
    }

    private void ParseField(SyntaxObject into, HoconTokenKind end, IReadOnlyList<string>? path, int depth)
    {
        HoconOrigin origin = _token.Origin;
        if (_token.Kind is not (HoconTokenKind.Quoted or HoconTokenKind.Unquoted))
        {
            throw _token.Unexpected("a key, a comma between two fields, or " + Closing(end));
        }

        IReadOnlyList<string> key = ParsePath();
        IReadOnlyList<string>? fieldPath = path is null ? null : [.. path, .. key];
        int fieldDepth = depth + key.Count;
        SkipNewlines();
        bool isAppend = _token.Kind == HoconTokenKind.PlusEquals;
        if (isAppend || _token.Kind is HoconTokenKind.Equals or HoconTokenKind.Colon)
        {
            Advance();
            SkipNewlines();
        }
        else if (_token.Kind != HoconTokenKind.LeftBrace)
        {
            throw _token.Unexpected("=, :, += or { after the key " + HoconToken.Shorten(HoconPath.Render(key)));
        }

        SyntaxNode value = ParseValue(fieldPath, fieldDepth);
        if (isAppend)
        {
            if (fieldPath is null)
            {
                throw HoconException.Syntax(origin, "+= inside an array", "= or : (there is no path by which to add to this key)");
            }

            value = new SyntaxConcatenation(
                origin, [new SyntaxSubstitution(origin, fieldPath, IsOptional: true, []), new SyntaxArray(value.Origin, [value])], IsAppend: true);
        }

        into.Define(key, origin, value);
    }

    /// <summary>Parses the key at hand, up to what cannot be part of a path.</summary>
    private IReadOnlyList<string> ParsePath()
    {
        var builder = new HoconPathBuilder(_maxDepth);
        while (_token.Kind is HoconTokenKind.Quoted or HoconTokenKind.Unquoted)
        {
            builder.Add(_token);
            Advance();
        }

        return builder.Finish(_token);
    }

    /// <summary>Parses values side by side up to what ends them.</summary>
    private SyntaxNode ParseValue(IReadOnlyList<string>? path, int depth)
    {
        HoconOrigin origin = _token.Origin;
        if (depth > _maxDepth)
        {
            throw HoconException.Syntax(origin, "values nested too deep", $"at most {_maxDepth} levels");
        }

        var pieces = new HoconPieces();
        while (true)
        {
            HoconToken token = _token;
            switch (token.Kind)
            {
                case HoconTokenKind.Quoted or HoconTokenKind.Unquoted:
                    pieces.AddText(token);
                    Advance();
                    break;
                case HoconTokenKind.SubstitutionStart:
                    Advance();
                    pieces.AddValue(ParseSubstitution(token), token.Space);
                    break;
                case HoconTokenKind.LeftBrace:
                    Advance();
                    var fields = new SyntaxObject(token.Origin);
                    ParseFields(fields, HoconTokenKind.RightBrace, path, depth);
                    Advance();
                    pieces.AddValue(fields, token.Space);
                    break;
                case HoconTokenKind.LeftBracket:
                    Advance();
                    pieces.AddValue(ParseItems(token.Origin, depth), token.Space);
                    break;
                default:
                    return pieces.Finish(origin) ?? throw token.Unexpected("a value");
            }
        }
    }

    private SyntaxSubstitution ParseSubstitution(HoconToken start)
    {
        IReadOnlyList<string> path = ParsePath();
        Require(HoconTokenKind.RightBrace, "} to close the substitution");
        Advance();
        return new SyntaxSubstitution(start.Origin, path, IsOptional: start.Text is "${?", prefix);
    }

    private SyntaxArray ParseItems(HoconOrigin origin, int depth)
    {
        var array = new SyntaxArray(origin, []);
        while (true)
        {
            SkipNewlines();
            if (_token.Kind == HoconTokenKind.RightBracket)
            {
                Advance();
                return array;
            }

            array.Items.Add(ParseValue(path: null, depth + 1));
            SkipSeparator(HoconTokenKind.RightBracket);
        }
    }

    private void SkipNewlines()
    {
        while (_token.Kind == HoconTokenKind.Newline)
        {
            Advance();
        }
    }

    private void Advance() => _token = _scanner.Next();
}
