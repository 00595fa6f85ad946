namespace DataLoad.Host.Operating.Answers;

/// <summary>How many events were not shown since the last word of it.</summary>
internal sealed record DroppedAnswer(long Count);
