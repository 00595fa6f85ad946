namespace DataLoad.Engine.DeadLetters;

/// <summary>The bounds of work on dead letters.</summary>
public sealed record DeadLetterSettings
{
    /// <summary>How many dead letters are taken from the broker at a time, 1 to 65,535.</summary>
    public int Page { get; init; } = 1000;

    /// <summary>How many are looked at in one go, which bounds the memory that a listing takes.</summary>
    public int MaxListed { get; init; } = 200_000;

    /// <summary>How long a call waits for another one that is at work on the dead letters, and for the broker to have them back.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
