namespace DataLoad.Engine.Scheduling;

/// <summary>The bounds of a <see cref="GroupWriter{T}"/>.</summary>
public sealed record GroupWriterOptions
{
    /// <summary>What is written, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>How many requests may wait; the next writer waits until there is room.</summary>
    public int Capacity { get; init; } = 1024;

    /// <summary>How many items a group has at which no further request joins it.</summary>
    public int MaxItems { get; init; } = 4096;

    /// <summary>The waits between tries.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told how long each write took and how many items it had.</summary>
    public Action<TimeSpan, int>? Observe { get; init; }
}
