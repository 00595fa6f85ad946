using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The journal: one row a block.</summary>
internal sealed class PostgreSqlJournal(NpgsqlDataSource source, IPartitionStore partitions) : IJournal, IAsyncDisposable
{
    private const int PageBytes = 4 * 1024 * 1024;
    private const int PageRows = 512;

    /// <summary>
    /// A page that starts with the block that holds a SequenceNr, or else the next one. The length of bytes that are
    /// stored outside the row is known without reading them, so that no more of them are read than the page holds.
    /// </summary>
    private static readonly string PageSql =
        $"""
        SELECT first_seq, last_seq, epoch, journaled_at, bytes
        FROM (
            SELECT first_seq, last_seq, epoch, journaled_at, bytes,
                sum(octet_length(bytes)) OVER (ORDER BY first_seq) - octet_length(bytes) AS before
            FROM (
                SELECT first_seq, last_seq, epoch, journaled_at, bytes FROM dataload_journal
                WHERE shard_id = $1 AND last_seq >= $2 AND first_seq >= COALESCE((
                    SELECT j.first_seq FROM dataload_journal j
                    WHERE j.shard_id = $1 AND j.first_seq <= $2
                    ORDER BY j.first_seq DESC LIMIT 1), 0)
                ORDER BY first_seq
                LIMIT {PageRows}) p) q
        WHERE before < {PageBytes}
        ORDER BY first_seq
        """;

    private readonly PostgreSqlJournalWriter _writer = new(source);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> AppendAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken) =>
        _writer.AppendAsync(blocks, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<JournalBlock> ReadAsync(
        int shard, long afterSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long from = afterSequenceNr + 1;
        while (true)
        {
            List<JournalBlock> page = await ReadPageAsync(shard, from, cancellationToken);
            if (page.Count == 0)
            {
                yield break;
            }

            foreach (JournalBlock block in page)
            {
                yield return block;
            }

            from = page[^1].LastSequenceNr + 1;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> LastSequenceNrAsync(int shard, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(
            "SELECT last_seq FROM dataload_journal WHERE shard_id = $1 ORDER BY first_seq DESC LIMIT 1");
        command.Parameters.Add(Parameter.Of(shard));
        return await command.ExecuteScalarAsync(cancellationToken) is long last ? last : 0;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TrimAsync(
        int shard, long epoch, long throughSequenceNr, IReadOnlyList<SnapshotWrite> baseline, CancellationToken cancellationToken)
    {
        if (!await partitions.SaveBaselineAsync(shard, epoch, throughSequenceNr, baseline, cancellationToken))
        {
            return false;
        }

        // What stands in their place is committed, so that the blocks may go by themselves.
        await using NpgsqlCommand command = source.CreateCommand("DELETE FROM dataload_journal WHERE shard_id = $1 AND first_seq <= $2 AND last_seq <= $2");
        command.Parameters.Add(Parameter.Of(shard));
        command.Parameters.Add(Parameter.Of(throughSequenceNr));
        await command.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private async Task<List<JournalBlock>> ReadPageAsync(int shard, long from, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(PageSql);
        command.Parameters.Add(Parameter.Of(shard));
        command.Parameters.Add(Parameter.Of(from));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var page = new List<JournalBlock>();
        while (await reader.ReadAsync(cancellationToken))
        {
            page.Add(ReadBlock(reader, shard));
        }

        return page;
    }

    private static JournalBlock ReadBlock(NpgsqlDataReader reader, int shard) => new()
    {
        Shard = shard,
        FirstSequenceNr = reader.GetInt64(0),
        LastSequenceNr = reader.GetInt64(1),
        Epoch = reader.GetInt64(2),
        JournaledAtMs = reader.GetInt64(3),
        Bytes = reader.GetFieldValue<byte[]>(4),
    };
}
