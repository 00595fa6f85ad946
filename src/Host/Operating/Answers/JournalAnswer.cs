namespace DataLoad.Host.Operating.Answers;

/// <summary>A page of journal entries.</summary>
internal sealed record JournalAnswer(int Shard, IReadOnlyList<CountedAnswer> Entries, long? Next);
