namespace DataLoad.Bench.Drain;

/// <summary>A row of <c>orders</c>, as the hand-written consumer reads it.</summary>
internal sealed class HandwrittenOrder
{
    public int Id { get; init; }

    public string TopicType { get; init; } = "";

    public int TopicId { get; init; }

    public int WuId { get; init; }

    public bool IsVip { get; init; }

    public int BuyNum { get; init; }

    public int CardNum { get; init; }

    public decimal PayAmount { get; init; }

    public bool IsRush { get; init; }

    public bool ByShare { get; init; }
}
