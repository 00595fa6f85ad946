namespace DataLoad.Engine.Contract;

/// <summary>By what of an event a cell is broken down into parts. The counts and amounts of the parts add up to the cell's; each part's distinct people are
/// exact for themselves.</summary>
public enum Breakdown
{
    /// <summary>The carrier page that led to the topic: the parent's type and id.</summary>
    Parent = 0,
    /// <summary>The channel by which people came.</summary>
    Channel = 1,
    /// <summary>The code by which people came.</summary>
    QrCode = 2,
}

/// <summary>The names and columns of breakdowns.</summary>
public static class Breakdowns
{
    /// <summary>The name, as in <c>qr-code</c>.</summary>
    public static string Name(this Breakdown breakdown) => breakdown switch
    {
        Breakdown.Parent => "parent",
        Breakdown.Channel => "channel",
        _ => "qr-code",
    };

    /// <summary>How many code points the text column of its key holds.</summary>
    public static int MaxCharacters(this Breakdown breakdown) => breakdown == Breakdown.Parent ? 64 : 128;

    /// <summary>The breakdown of that name, or null.</summary>
    public static Breakdown? Find(string name)
    {
        foreach (Breakdown breakdown in Enum.GetValues<Breakdown>())
        {
            if (string.Equals(breakdown.Name(), name, StringComparison.Ordinal))
            {
                return breakdown;
            }
        }

        return null;
    }
}
