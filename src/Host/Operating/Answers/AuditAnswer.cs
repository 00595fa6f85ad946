namespace DataLoad.Host.Operating.Answers;

/// <summary>A page of the audit log.</summary>
internal sealed record AuditAnswer(IReadOnlyList<AuditAnswer.Entry> Entries, long? Next)
{
    /// <summary>An entry.</summary>
    internal sealed record Entry(long Id, long At, string Node, string Actor, string Action, string? Target, string? Detail, string Outcome);
}
