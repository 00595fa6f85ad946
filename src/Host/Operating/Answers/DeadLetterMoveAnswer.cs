namespace DataLoad.Host.Operating.Answers;

/// <summary>What was moved or removed.</summary>
internal sealed record DeadLetterMoveAnswer(long Moved, long? Left, long? Skipped);
