namespace DataLoad.Host.Api;

/// <summary>How many events were not shown since the last word of it.</summary>
internal sealed record DroppedEvents(long Count);
