namespace DataLoad.Host.Api;

/// <summary>Dead letters by stream and reason.</summary>
internal sealed record DeadLetterGroups(long Total, long At, bool Complete, IReadOnlyList<DeadLetterGroups.Group> Groups)
{
    /// <summary>Those of a stream and reason.</summary>
    internal sealed record Group(string Stream, string Reason, long Count, long Oldest, long Newest, string Example, string ExampleId);
}
