using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.DeadLetters;

/// <summary>
/// Asks the <see cref="DeadLetterActor"/> to bring letters to safety; answered by <see cref="LettersSafe"/> when each is confirmed by the broker or
/// set aside in the store.
/// </summary>
/// <param name="Id">What the sender knows them by.</param>
/// <param name="Letters">The letters.</param>
internal sealed record PublishLetters(BatchId Id, IReadOnlyList<Letter> Letters);

/// <summary>Answers a <see cref="PublishLetters"/>.</summary>
/// <param name="Id">What the sender knows them by.</param>
internal sealed record LettersSafe(BatchId Id);

/// <summary>Takes back a <see cref="PublishLetters"/> whose deliveries come again by another channel. Those that are on their way go on. Not answered.</summary>
/// <param name="Id">What the sender knows them by.</param>
internal sealed record CancelLetters(BatchId Id);
