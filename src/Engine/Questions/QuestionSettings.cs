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

    /// <summary>How many rows may be united to find the order of a list.</summary>
    public int MaxSortedRows { get; init; } = 100_000;

    /// <exception cref="QuestionTooLargeException">Unions that take so much are larger than may be.</exception>
    internal void Check(long bytes)
    {
        if (bytes > MaxBytes)
        {
            throw new QuestionTooLargeException(
                $"The people of this question take more than {MaxBytes} bytes (dataload.questions.max-bytes): ask for fewer days, topics or columns.");
        }
    }
}
