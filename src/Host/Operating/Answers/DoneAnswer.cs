namespace DataLoad.Host.Operating.Answers;

/// <summary>Something was done.</summary>
internal sealed record DoneAnswer(bool Done, long ElapsedMs);
