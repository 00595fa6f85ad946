namespace DataLoad.Demo;

/// <summary>
/// What a message meant, as its maker knows it: not read back from the message, and not by the engine's code.
/// </summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="TopicType">The topic's type, after the message's precedence over the row.</param>
/// <param name="TopicId">The topic's id, likewise.</param>
/// <param name="Day">The day in the configured zone that it counts on.</param>
/// <param name="WuId">The user, likewise; 0 is anonymous.</param>
/// <param name="Identity">
/// What makes it the same event as another of its stream and topic: such as <c>key:7</c>, <c>id:abc</c> or
/// <c>content:…</c>. Null has no identity and counts at every delivery.
/// </param>
public sealed record MeantEvent(string Stream, string TopicType, int TopicId, DateOnly Day, int WuId, string? Identity)
{
    /// <summary>The carrier page that led to it; empty and 0 where there was none.</summary>
    public (string Type, int Id) Parent { get; init; } = ("", 0);

    /// <summary>The row's <c>is_vip</c>.</summary>
    public bool Vip { get; init; }

    /// <summary>The order's <c>is_rush</c>.</summary>
    public bool Rush { get; init; }

    /// <summary>The order's <c>by_share</c>.</summary>
    public bool ByShare { get; init; }

    /// <summary>The receipt's <c>h5_activate</c>.</summary>
    public bool H5Activate { get; init; }

    /// <summary>The receipt's <c>open_type</c>.</summary>
    public int OpenType { get; init; }

    /// <summary><c>joinType</c> of <c>act.group</c>.</summary>
    public int JoinType { get; init; }

    /// <summary><c>buy_num</c>, <c>off_num</c> or the number of red packs.</summary>
    public long Num { get; init; }

    /// <summary><c>card_num</c> of the order or of the refund.</summary>
    public long CardNum { get; init; }

    /// <summary><c>brand_id</c>; 0 is none.</summary>
    public int BrandId { get; init; }

    /// <summary>The paid, refunded, redeemed or card amount.</summary>
    public decimal Amount { get; init; }

    /// <summary><c>discount_amount</c> of <c>act.off</c>.</summary>
    public decimal Discount { get; init; }
}
