namespace DataLoad.Demo;

/// <summary>The contract's common parameters, but for <c>ctime</c>.</summary>
public sealed record CommonFields(string Session, string TopicType, int TopicId)
{
    /// <summary><c>parentTopicType</c></summary>
    public string? ParentTopicType { get; init; }

    /// <summary><c>parentTopicId</c></summary>
    public int? ParentTopicId { get; init; }

    /// <summary><c>qrCode</c></summary>
    public string QrCode { get; init; } = "";

    /// <summary><c>wuId</c></summary>
    public int WuId { get; init; }

    /// <summary><c>channelType</c></summary>
    public string ChannelType { get; init; } = "";

    /// <summary>The values of the COMMON columns of a business table, in their order.</summary>
    public object?[] Columns() => [Session, ParentTopicType, ParentTopicId, TopicType, TopicId, QrCode, WuId, ChannelType];
}
