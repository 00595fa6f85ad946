namespace DataLoad.Demo;

/// <summary>One of the contract's seventeen message sources, as its sender sees it.</summary>
/// <param name="Name">The stream's name, such as <c>act.buy</c>.</param>
/// <param name="Exchange">The durable fanout exchange it is published to.</param>
/// <param name="Queue">The durable queue bound to it.</param>
/// <param name="KeyField">The field that holds the message's key, or null where the body is the common parameters.</param>
/// <param name="DataField">On a recorded stream, the field of <c>mq_operate_record.data</c> that holds the business key.</param>
public sealed record StreamInfo(string Name, string Exchange, string Queue, string? KeyField = null, string? DataField = null)
{
    /// <summary>The sender first inserts an <c>mq_operate_record</c> row and sends its key.</summary>
    public bool Recorded => DataField is not null;

    /// <summary>The body may be nothing but the key.</summary>
    public bool BareKey => KeyField is "userRecordId" or "recordId";
}
