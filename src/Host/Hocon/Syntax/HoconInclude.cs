namespace DataLoad.Host.Hocon.Syntax;

/// <summary>An include statement.</summary>
/// <param name="Origin">Where it is written.</param>
/// <param name="Name">The file name as written.</param>
/// <param name="IsRequired">Whether a missing file is an error instead of empty.</param>
internal readonly record struct HoconInclude(HoconOrigin Origin, string Name, bool IsRequired)
{
    /// <summary>How many parentheses close what stands before the file name; -1 when that is nothing known.</summary>
    public static int Parentheses(string before) => before switch
    {
        "" => 0,
        "file(" or "required(" => 1,
        "required(file(" => 2,
        _ => -1,
    };
}
