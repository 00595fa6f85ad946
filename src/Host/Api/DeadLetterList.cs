namespace DataLoad.Host.Api;

/// <summary>A page of dead letters.</summary>
internal sealed record DeadLetterList(long Total, long At, int Offset, int Limit, IReadOnlyList<DeadLetterEntry> Items);
