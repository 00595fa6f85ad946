using System.Text;

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
            _ => new SyntaxConcatenation(origin, _pieces, isAppend: false),
        };
    }

    private void AddSeparator(string space, HoconOrigin origin)
    {
        if (space.Length > 0 && _pieces.Count > 0)
        {
            _pieces.Add(new SyntaxScalar(origin, space, isQuoted: true, isSeparator: true));
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
