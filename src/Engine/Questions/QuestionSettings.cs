namespace DataLoad.Engine.Questions;

/// <summary>The bounds of questions about distinct people.</summary>
public sealed record QuestionSettings
{
    /// <summary>How many are answered at the same time.</summary>
    public int MaxRunning { get; init; } = 2;

    /// <summary>How long a further one waits for its turn.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many days one may be about.</summary>
    public int MaxDays { get; init; } = 400;

    /// <summary>How many topics one may name; all are asked for by naming none.</summary>
    public int MaxTopics { get; init; } = 1000;

    /// <summary>How much its unions may take, in bytes.</summary>
    public long MaxBytes { get; init; } = 256 * 1024 * 1024;
}
