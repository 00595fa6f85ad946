using Akka.Actor;
using Akka.Persistence;
using DataLoad.Engine.Journaling;

namespace DataLoad.Bench.Recovery;

/// <summary>
/// Persists the blocks that it is sent, as a Partition does, without applying them. It answers each with the SequenceNr that it
/// was persisted at, and <see cref="Begin"/>, which comes first, with that of its announcement.
/// </summary>
internal sealed class BlockAppender(int partition) : UntypedPersistentActor
{
    /// <inheritdoc/>
    public override string PersistenceId { get; } = JournalReader.PersistenceIdOf(partition);

    /// <inheritdoc/>
    public override Akka.Persistence.Recovery Recovery => Akka.Persistence.Recovery.None;

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        // The highest SequenceNr is all that is wanted.
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Begin:
                Persist(new Owned("bench", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), _ => Sender.Tell(LastSequenceNr));
                break;
            case Block block:
                Persist(block, _ => Sender.Tell(LastSequenceNr));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Says that blocks follow.</summary>
    public sealed record Begin
    {
        /// <summary>The one there is.</summary>
        public static Begin Instance { get; } = new();
    }
}
