namespace DataLoad.Host.Api;

/// <summary>A page of journal entries.</summary>
internal sealed record JournalPage(int Shard, IReadOnlyList<CountedEvent> Entries, long? Next);
