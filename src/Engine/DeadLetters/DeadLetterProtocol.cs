using DataLoad.Engine.Partitions;

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
