namespace DataLoad.Engine.Journaling;

/// <summary>Deletes of the journal what a baseline stands for.</summary>
/// <remarks>
/// What announces an owner stays for good. Of an owner that was held, or cut off, the next number is always the one that its
/// successor announced itself at: as long as that is taken, whoever has not seen all of the journal cannot write to it, however
/// much later it goes on. Akka's own deleting would take all entries, and the number would be free again.
/// </remarks>
public interface IJournalTrimmer
{
    /// <summary>Deletes a Partition's blocks in a range of SequenceNrs. Repeating it changes nothing.</summary>
    /// <param name="partition">The Partition's number, 0 and up.</param>
    /// <param name="afterSequenceNr">The number behind which deleting begins; 0 and up.</param>
    /// <param name="throughSequenceNr">The last number to delete: at most the baseline, and below the Partition's highest number, which is to stay.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask DeleteBlocksAsync(int partition, long afterSequenceNr, long throughSequenceNr, CancellationToken cancellationToken);
}
