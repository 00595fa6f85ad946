using DataLoad.Engine.Partitions;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Asks the <see cref="DeadLetterActor"/> to bring letters to safety; answered by <see cref="LettersSafe"/> when each is confirmed by the broker or
/// set aside in the store.</summary>
internal sealed record PublishLetters(BatchId Id, IReadOnlyList<Letter> Letters);

/// <summary>Answers a <see cref="PublishLetters"/>.</summary>
internal sealed record LettersSafe(BatchId Id);

/// <summary>Takes back a <see cref="PublishLetters"/> whose deliveries come by another channel. Those that are on their way go on. Not answered.</summary>
internal sealed record CancelLetters(BatchId Id);

/// <summary>What the publishing of dead letters says of itself; written by its actor, read by anybody.</summary>
public sealed class DeadLetterState
{
    /// <summary>Why dead letters cannot be published at the moment, or null.</summary>
    public string? Failing { get => Volatile.Read(ref field); internal set => Volatile.Write(ref field, value); }

    /// <summary>How many dead letters are set aside in the store, to be published later, as far as this node knows.</summary>
    public int SetAside { get => Volatile.Read(ref field); internal set => Volatile.Write(ref field, value); }
}

/// <summary>Log messages 5100 to 5199.</summary>
internal static partial class DeadLetterLog
{
    [LoggerMessage(5100, LogLevel.Information, "Put {Moved} dead letters back into their queues; {Skipped} stayed")]
    public static partial void Moved(ILogger logger, long moved, long skipped);

    [LoggerMessage(5101, LogLevel.Debug, "A dead letter of stream {Stream} could not be put back: {Error}")]
    public static partial void Refused(ILogger logger, string stream, string error);

    [LoggerMessage(5102, LogLevel.Warning, "A dead letter of stream {Stream} ({Reason}) is set aside in the store and published again later: {Error}")]
    public static partial void SetAside(ILogger logger, string stream, string reason, string error);
}
