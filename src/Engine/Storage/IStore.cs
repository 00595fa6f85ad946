using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Operating;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage;

/// <summary>One database with all that the engine keeps in it.</summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>A name for messages, without secrets, as in <c>PostgreSQL 127.0.0.1:5432/dataload</c>.</summary>
    string Name { get; }

    /// <summary>The Epochs, checkpoints and baselines of Partitions.</summary>
    IPartitionStore Partitions { get; }

    /// <summary>Deletes of the journal what a baseline stands for.</summary>
    IJournalTrimmer JournalTrimmer { get; }

    /// <summary>Snapshots.</summary>
    ISnapshotStore Snapshots { get; }

    /// <summary>The statistics tables.</summary>
    IStatisticsStore Statistics { get; }

    /// <summary>What the nodes over the store agree to count.</summary>
    IDeclarationStore Declarations { get; }

    /// <summary>Questions that people ask of the statistics tables.</summary>
    IStatisticsQueries Queries { get; }

    /// <summary>Who runs over the store.</summary>
    INodeStore Nodes { get; }

    /// <summary>Parked deliveries.</summary>
    IParkingStore Parking { get; }

    /// <summary>The log of what was done on demand.</summary>
    IAuditLog Audit { get; }

    /// <summary>The streams that are paused.</summary>
    IPausedStreams PausedStreams { get; }

    /// <summary>Whether the database, and the statistics tables that are there already, keep what is exact: texts as they are, each topic apart, sessions that
    /// are kept and may write, and a file used under one name alone; changes nothing. To be asked before anything else, since of a file that is used under
    /// another name nothing is to be opened.</summary>
    /// <returns>Null where they do, or nothing is there yet, else a sentence that says what is wrong, and the remedy.</returns>
    ValueTask<string?> CheckDatabaseAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken);

    /// <summary>What is worth knowing of the database and the statistics tables though they can be used: what is not promised there, what may run out; a
    /// sentence each. Changes nothing.</summary>
    ValueTask<IReadOnlyList<string>> FindWarningsAsync(IReadOnlyList<Page> pages, CancellationToken cancellationToken);

    /// <summary>Brings the schema up to date by numbered, transactional migrations.</summary>
    /// <exception cref="StoreException">The schema is newer than this program, or cannot be migrated.</exception>
    ValueTask MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Whether the schema is there and up to date; changes nothing.</summary>
    /// <returns>Null where it is, else a sentence that says what is wrong.</returns>
    ValueTask<string?> CheckSchemaAsync(CancellationToken cancellationToken);

    /// <summary>Whether the table of Akka's journal is there with the unique index that keeps two writers of one Partition apart; changes nothing.</summary>
    /// <returns>Null where it is, else a sentence that says what is wrong.</returns>
    ValueTask<string?> CheckJournalAsync(CancellationToken cancellationToken);

    /// <summary>The value that is fixed under a name: the proposed one at the first call ever, that one ever after.</summary>
    ValueTask<string> FixAsync(string name, string proposed, CancellationToken cancellationToken);

    /// <summary>The value that was fixed under a name, or null; changes nothing.</summary>
    ValueTask<string?> FindFixedAsync(string name, CancellationToken cancellationToken);

    /// <summary>How Akka.Persistence.Sql reaches the journal that belongs to this store.</summary>
    JournalConnection JournalConnection { get; }

    /// <summary>Whether an error says that a unique key is taken: of the journal, that another owner wrote its SequenceNr.</summary>
    bool IsConflict(Exception error);

    /// <summary>Whether an error may be that of a few rows, while others can be written: a value that a column does not hold, a check, a trigger, a lock.</summary>
    bool IsOfRow(Exception error);

    /// <summary>One trivial round trip, for health.</summary>
    ValueTask PingAsync(CancellationToken cancellationToken);
}

/// <summary>The store cannot be used as it is; the message says what is wrong and what to do about it.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
