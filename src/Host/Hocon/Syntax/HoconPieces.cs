namespace DataLoad.Host.Hocon.Syntax;

/// <summary>Collects values side by side: texts join at once, the rest waits for substitution.</summary>
internal sealed class HoconPieces
{
    private readonly List<SyntaxNode> _pieces = [];
    private readonly StringBuilder _text = new();
    private HoconOrigin _textOrigin;
    private int _texts;
    private bool _isQuoted;

    /// <summary>Adds a quoted or unquoted string and the whitespace before it.</summary>
    public void AddText(HoconToken token)
    {
        if (_texts == 0)
        {
            AddSeparator(token.Space, token.Origin);
            _textOrigin = token.Origin;
        }
        else
        {
            _text.Append(token.Space);
        }

        _text.Append(token.Text);
        _texts++;
        _isQuoted |= token.Kind == HoconTokenKind.Quoted || _texts > 1;
    }

    /// <summary>Adds a substitution, object or array and the whitespace before it.</summary>
    public void AddValue(SyntaxNode value, string space)
    {
        EndText();
        AddSeparator(space, value.Origin);
        _pieces.Add(value);
    }

    /// <summary>The one value, their concatenation, or null when there is none.</summary>
    public SyntaxNode? Finish(HoconOrigin origin)
    {
        EndText();
        return _pieces.Count switch
        {
            0 => null,
            1 => _pieces[0],
            _ => new SyntaxConcatenation(origin, _pieces, IsAppend: false),
        };
    }

    private void AddSeparator(string space, HoconOrigin origin)
    {
        if (space.Length > 0 && _pieces.Count > 0)
        {
            _pieces.Add(new SyntaxScalar(origin, space, IsQuoted: true, IsSeparator: true));
        }
    }

    private void EndText()
    {
        if (_texts > 0)
        {
            _pieces.Add(new SyntaxScalar(_textOrigin, _text.ToString(), _isQuoted));
            _text.Clear();
            _texts = 0;
            _isQuoted = false;
        }
    }
}

/// <summary>Builds a path from its tokens: dots outside quotes separate elements, spaces inside are kept.</summary>
internal sealed class HoconPathBuilder(int maxElements)
{
    private readonly List<string> _elements = [];
    private readonly StringBuilder _current = new();
    private bool _isStarted;
    private bool _isQuoted;

    public void Add(HoconToken token)
    {
        if (token.Kind is not (HoconTokenKind.Quoted or HoconTokenKind.Unquoted))
        {
            throw token.Unexpected("a path such as a.b or a.\"b.c\"");
        }

        if (_isStarted)
        {
            _current.Append(token.Space);
        }

        _isStarted = true;
        if (token.Kind == HoconTokenKind.Quoted)
        {
            _current.Append(token.Text);
            _isQuoted = true;
            return;
        }

        // One beyond those that may be is enough to refuse them.
        string[] elements = token.Text.Split('.', maxElements + 2);
        _current.Append(elements[0]);
        foreach (string element in elements.Skip(1))
        {
            EndElement(token);
            _current.Append(element);
        }
    }

    /// <summary>The elements; <paramref name="end"/> is the token after the path, for the error message.</summary>
    public IReadOnlyList<string> Finish(HoconToken end)
    {
        if (!_isStarted)
        {
            throw end.Unexpected("a path such as a.b or a.\"b.c\"");
        }

        EndElement(end);
        return _elements;
    }

    private void EndElement(HoconToken token)
    {
        if (_current.Length == 0 && !_isQuoted)
        {
            throw token.Unexpected("a path whose elements are not empty (an empty element is written \"\")");
        }

        _elements.Add(_current.ToString());
        if (_elements.Count > maxElements)
        {
            throw HoconException.Syntax(token.Origin, "a path too deep", $"at most {maxElements} elements");
        }

        _current.Clear();
        _isQuoted = false;
    }
}
