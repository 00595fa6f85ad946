using System.Globalization;
using System.Text;

namespace DataLoad.Host.Hocon.Syntax;

/// <summary>Builds a path from its tokens: dots outside quotes separate elements, spaces inside are kept.</summary>
internal sealed class HoconPathBuilder(int maxElements)
{
    private readonly List<string> _elements = [];
    private readonly StringBuilder _current = new();
    private bool _isStarted;
    private bool _isQuoted;

    /// <summary>Adds a quoted or unquoted token.</summary>
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

        foreach (char c in token.Text)
        {
            if (c == '.')
            {
                EndElement(token);
            }
            else
            {
                _current.Append(c);
            }
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
            throw HoconException.Syntax(
                token.Origin, "a path too deep", string.Create(CultureInfo.InvariantCulture, $"at most {maxElements} elements"));
        }

        _current.Clear();
        _isQuoted = false;
    }
}
