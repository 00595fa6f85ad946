using DataLoad.Engine.Journaling;
using LinqToDB;
using LinqToDB.Async;

namespace DataLoad.Engine.Storage;

/// <summary>Deletes blocks from the table of Akka's journal.</summary>
internal sealed class SqlJournalTrimmer(SqlDatabase database) : IJournalTrimmer
{
    public async ValueTask DeleteBlocksAsync(int partition, long afterSequenceNr, long throughSequenceNr, CancellationToken cancellationToken)
    {
        string persistenceId = JournalReader.PersistenceIdOf(partition);
        await database.Journal.TransactAsync(
            (db, token) => db.GetTable<JournalRow>()
                .Where(row => row.PersistenceId == persistenceId && row.SequenceNr > afterSequenceNr && row.SequenceNr <= throughSequenceNr)
                .DeleteAsync(row => row.Manifest == JournalSerializer.BlockManifest, token),
            cancellationToken);
    }
}
