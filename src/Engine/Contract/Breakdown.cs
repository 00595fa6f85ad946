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

    /// <summary>What the name of its table adds to the page's, as in <c>_by_qr_code</c>.</summary>
    public static string TableSuffix(this Breakdown breakdown) => breakdown switch
    {
        Breakdown.Parent => "_by_parent",
        Breakdown.Channel => "_by_channel",
        _ => "_by_qr_code",
    };

    /// <summary>The text column of its key.</summary>
    public static string TextColumn(this Breakdown breakdown) => breakdown switch
    {
        Breakdown.Parent => "parent_topic_type",
        Breakdown.Channel => "channel_type",
        _ => "qr_code",
    };

    /// <summary>The column of its key that holds an id, or null.</summary>
    public static string? IdColumn(this Breakdown breakdown) => breakdown == Breakdown.Parent ? "parent_topic_id" : null;

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
