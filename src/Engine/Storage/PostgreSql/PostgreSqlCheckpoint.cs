using DataLoad.Engine.Journaling;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Reads and moves a shard's checkpoint; neither of its numbers ever goes back.</summary>
internal static class PostgreSqlCheckpoint
{
    private const string SaveSql =
        $"""
        INSERT INTO dataload_checkpoint AS c (shard_id, seq_nr, baseline_seq_nr)
        SELECT w.shard_id, $3, $4 FROM (SELECT $1 AS shard_id, $2 AS epoch) w
        WHERE {PostgreSqlFence.Holds}
        ON CONFLICT (shard_id) DO UPDATE SET
            seq_nr = greatest(c.seq_nr, excluded.seq_nr),
            baseline_seq_nr = greatest(c.baseline_seq_nr, excluded.baseline_seq_nr)
        """;

    public static async ValueTask<Checkpoint> LoadAsync(NpgsqlConnection connection, int shard, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT seq_nr, baseline_seq_nr FROM dataload_checkpoint WHERE shard_id = $1", connection)
        {
            Parameters = { Parameter.Of(shard) },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new Checkpoint(reader.GetInt64(0), reader.GetInt64(1)) : default;
    }

    /// <summary>A statement that follows the fence in a batch.</summary>
    public static NpgsqlBatchCommand Save(int shard, long epoch, long sequenceNr, long baselineSequenceNr) => new(SaveSql)
    {
        Parameters = { Parameter.Of(shard), Parameter.Of(epoch), Parameter.Of(sequenceNr), Parameter.Of(baselineSequenceNr) },
    };
}
