using System.Globalization;
using System.Text;

namespace DataLoad.Host.Hocon.Syntax;

/// <summary>One token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text, for a string after unescaping.</param>
/// <param name="Space">The whitespace before it on its line, which value concatenation keeps.</param>
/// <param name="Origin">Where it begins.</param>
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
        var shown = new StringBuilder(Math.Min(text.Length, ShownChars) + 3);
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, ShownChars)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c))
            {
                shown.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                shown.Append(c);
            }
        }

        return text.Length > ShownChars ? shown.Append("...").ToString() : shown.ToString();
    }
}

/// <summary>The kinds of token in HOCON text.</summary>
internal enum HoconTokenKind
{
    End,
    Newline,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    Equals,
    PlusEquals,
    Quoted,
    Unquoted,

    /// <summary><c>${</c> or <c>${?</c>; the path and its closing brace follow as tokens.</summary>
    SubstitutionStart,
}
