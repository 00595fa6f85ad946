namespace DataLoad.Host.Hocon.Syntax;

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
