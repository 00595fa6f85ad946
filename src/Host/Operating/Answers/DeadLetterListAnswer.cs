namespace DataLoad.Host.Operating.Answers;

/// <summary>A page of dead letters.</summary>
internal sealed record DeadLetterListAnswer(long Total, long At, int Offset, IReadOnlyList<DeadLetterListAnswer.Entry> Items)
{
    /// <summary>A dead letter.</summary>
    internal sealed record Entry(string Id, string Stream, string Reason, string Error, long Received, long Bytes);
}
