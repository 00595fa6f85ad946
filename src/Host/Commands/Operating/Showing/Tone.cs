namespace DataLoad.Host.Commands.Operating.Showing;

/// <summary>How a text is meant; a colour on a terminal.</summary>
internal enum Tone
{
    /// <summary>As it is.</summary>
    Plain = 0,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Worth a look.</summary>
    Warning,

    /// <summary>Wrong.</summary>
    Bad,

    /// <summary>Of less weight.</summary>
    Faint,
}
