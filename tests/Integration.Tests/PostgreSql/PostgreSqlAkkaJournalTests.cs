using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Conformance;
using Npgsql;
using Xunit;

namespace DataLoad.Integration.Tests.PostgreSql;

public sealed class PostgreSqlAkkaJournalTests(TestDatabase database) : AkkaJournalConformance, IClassFixture<TestDatabase>
{
    private string _connectionString = "";

    protected override string Provider => LinqToDB.ProviderName.PostgreSQL15;

    protected override string ConnectionString => $"{_connectionString};Command Timeout=20";

    protected override string ReadingConnectionString => _connectionString;

    protected override bool IsTaken(Exception error) => error.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    protected override async Task CreateDatabaseAsync()
    {
        _connectionString = await database.CreateSchemaAsync();
        await ExecuteAsync("""
            CREATE TABLE journal (
              ordering bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, deleted boolean NOT NULL, persistence_id varchar(255) NOT NULL, sequence_number bigint NOT NULL,
              created bigint NOT NULL, tags varchar(100), message bytea NOT NULL, identifier integer, manifest varchar(500), writer_uuid varchar(128));
            CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);
            """);
    }

    protected override Task ExecuteAsync(string sql) => TestDatabase.ExecuteAsync(_connectionString, sql);
}
