namespace DataLoad.Host.Operating.Answers;

/// <summary>Counts since the node started.</summary>
internal sealed record TalliesAnswer(long Deliveries, long Events, long Duplicates, long Unidentified, long Retries, long Parked, long DeadLetters);
