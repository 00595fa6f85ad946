using System.Data;
using DataLoad.Engine.Journaling;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>
/// Appends to the journal: one round trip, one commit, on a connection of its own that is kept open with the statement
/// prepared. Appends come one after another.
/// </summary>
internal sealed class PostgreSqlJournalWriter(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>
    /// Fence and insert in one statement, so that an append is one message and its commit is the statement's own. Where
    /// a block is there already it stays; where another one is in its place, NULL makes the whole append fail.
    /// </summary>
    private const string AppendSql =
        $"""
        WITH {PostgreSqlFence.Held},
        written AS (
            INSERT INTO dataload_journal AS j (shard_id, first_seq, last_seq, epoch, journaled_at, bytes)
            SELECT b.shard_id, b.first_seq, b.last_seq, b.epoch, b.journaled_at, b.bytes
            FROM unnest($1, $2, $3, $4, $5, $6) AS b (shard_id, epoch, first_seq, last_seq, journaled_at, bytes)
            JOIN held h ON h.partition_id = b.shard_id AND h.epoch = b.epoch
            ON CONFLICT (shard_id, first_seq) DO UPDATE SET last_seq = NULL
            WHERE j.epoch <> excluded.epoch OR j.last_seq <> excluded.last_seq)
        SELECT {PostgreSqlFence.Stale}
        """;

    /// <summary>The stored blocks in the places of blocks whose epoch is current.</summary>
    private const string StoredSql =
        """
        SELECT b.at, j.epoch, j.last_seq
        FROM unnest($1, $2, $3) WITH ORDINALITY AS b (shard_id, first_seq, epoch, at)
        JOIN dataload_partition p ON p.partition_id = b.shard_id AND p.epoch = b.epoch
        JOIN dataload_journal j ON j.shard_id = b.shard_id AND j.first_seq = b.first_seq
        """;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly JournalParameters _parameters = new();
    private NpgsqlConnection? _connection;
    private NpgsqlCommand? _append;

    /// <inheritdoc cref="IJournal.AppendAsync"/>
    public async ValueTask<IReadOnlyList<int>> AppendAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken)
    {
        if (blocks.Count == 0)
        {
            return [];
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ConnectAsync(cancellationToken);
            return TotalBytes(blocks) <= Chunk.MaxBytes
                ? await AppendOnceAsync(blocks, cancellationToken)
                : await AppendChunksAsync(blocks, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.NotNullViolation)
        {
            await ThrowConflictAsync(blocks, cancellationToken);
            throw;
        }
        catch
        {
            // Whatever went wrong, the next call starts on another connection; the pool keeps this one if it is sound.
            await DisconnectAsync();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await DisconnectAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { State: ConnectionState.Open })
        {
            return;
        }

        await DisconnectAsync();
        _connection = await source.OpenConnectionAsync(cancellationToken);
        _append = new NpgsqlCommand(AppendSql, _connection);
        _parameters.AddTo(_append.Parameters);
        await _append.PrepareAsync(cancellationToken);
    }

    private async ValueTask DisconnectAsync()
    {
        if (_append is not null)
        {
            _append.Parameters.Clear();
            await _append.DisposeAsync();
            _append = null;
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }

    private async ValueTask<IReadOnlyList<int>> AppendOnceAsync(
        IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken)
    {
        foreach (JournalBlock block in blocks)
        {
            _parameters.Add(block);
        }

        try
        {
            await using NpgsqlDataReader reader = await _append!.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return PostgreSqlFence.ReadStale(reader, ordinal: 0);
        }
        finally
        {
            _parameters.Clear();
        }
    }

    /// <summary>Several statements of bounded size, still in one round trip and one transaction.</summary>
    private async ValueTask<IReadOnlyList<int>> AppendChunksAsync(
        IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken)
    {
        (int[] shards, long[] epochs) = PostgreSqlFence.Distinct(blocks.Select(block => (block.Shard, block.Epoch)));
        await using NpgsqlBatch batch = PostgreSqlFence.Begin(_connection!, shards, epochs);
        foreach (Range range in Chunk.Split(blocks, int.MaxValue, block => block.Bytes.Length))
        {
            var parameters = new JournalParameters();
            for (int i = range.Start.Value; i < range.End.Value; i++)
            {
                parameters.Add(blocks[i]);
            }

            var command = new NpgsqlBatchCommand(AppendSql);
            parameters.AddTo(command.Parameters);
            batch.BatchCommands.Add(command);
        }

        return await PostgreSqlFence.ExecuteAsync(batch, cancellationToken);
    }

    /// <summary>Says which block stands in the place of another one; nothing was written.</summary>
    private async ValueTask ThrowConflictAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(StoredSql, _connection)
        {
            Parameters =
            {
                Parameter.Of((int[])[.. blocks.Select(block => block.Shard)]),
                Parameter.Of((long[])[.. blocks.Select(block => block.FirstSequenceNr)]),
                Parameter.Of((long[])[.. blocks.Select(block => block.Epoch)]),
            },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            JournalConflict.ThrowIfOther(blocks[(int)reader.GetInt64(0) - 1], storedEpoch: reader.GetInt64(1), storedLast: reader.GetInt64(2));
        }
    }

    private static long TotalBytes(IReadOnlyList<JournalBlock> blocks)
    {
        long bytes = 0;
        foreach (JournalBlock block in blocks)
        {
            bytes += block.Bytes.Length;
        }

        return bytes;
    }
}
