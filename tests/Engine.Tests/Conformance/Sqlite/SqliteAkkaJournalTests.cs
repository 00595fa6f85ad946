using DataLoad.Engine.Journaling;
using Microsoft.Data.Sqlite;

namespace DataLoad.Engine.Tests.Conformance.Sqlite;

public sealed class SqliteAkkaJournalTests : AkkaJournalConformance
{
    private readonly TemporaryDatabase _database = new();

    protected override string Provider => LinqToDB.ProviderName.SQLiteMS;

    protected override string ConnectionString => $"Data Source={_database.Path};Default Timeout=20";

    protected override string ReadingConnectionString => $"Data Source={_database.Path};Mode=ReadOnly";

    protected override bool IsTaken(Exception error) => error.GetBaseException() is SqliteException { SqliteExtendedErrorCode: 2067 };

    protected override Task CreateDatabaseAsync() => _database.ExecuteAsync("""
        PRAGMA journal_mode = WAL;
        CREATE TABLE journal (
          ordering INTEGER PRIMARY KEY AUTOINCREMENT, deleted INTEGER NOT NULL, persistence_id VARCHAR(255) NOT NULL, sequence_number INTEGER NOT NULL,
          created INTEGER NOT NULL, tags VARCHAR(100), message BLOB NOT NULL, identifier INTEGER, manifest VARCHAR(500), writer_uuid VARCHAR(128));
        CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);
        """);

    protected override Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    protected override ValueTask DisposeDatabaseAsync()
    {
        SqliteConnection.ClearAllPools();
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}
