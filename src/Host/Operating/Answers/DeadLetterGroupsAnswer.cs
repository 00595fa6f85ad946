namespace DataLoad.Host.Operating.Answers;

/// <summary>Dead letters by stream and reason.</summary>
internal sealed record DeadLetterGroupsAnswer(long Total, long At, bool Complete, IReadOnlyList<DeadLetterGroupsAnswer.Group> Groups)
{
    /// <summary>Those of a stream and reason.</summary>
    internal sealed record Group(string Stream, string Reason, long Count, long Oldest, long Newest, string? Example, string? ExampleId);
}
