using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The journal: one row a block.</summary>
internal sealed class SqliteJournal(SqliteDatabase database, IPartitionStore partitions) : IJournal
{
    private const int PageBytes = 4 * 1024 * 1024;
    private const int PageRows = 512;
    private const string Columns = "first_seq, last_seq, epoch, journaled_at, bytes";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> AppendAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken) =>
        blocks.Count == 0
            ? ValueTask.FromResult<IReadOnlyList<int>>([])
            : database.WriteAsync(session => Append(session, blocks), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<JournalBlock> ReadAsync(
        int shard, long afterSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long from = await database.ReadAsync(session => FirstOf(session, shard, afterSequenceNr), cancellationToken);
        while (true)
        {
            (List<JournalBlock> page, bool more) =
                await database.ReadAsync(session => Page(session, shard, from), cancellationToken);
            for (int i = 0; i < page.Count; i++)
            {
                yield return page[i];
            }

            if (!more)
            {
                yield break;
            }

            from = page[^1].LastSequenceNr + 1;
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> LastSequenceNrAsync(int shard, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using SqliteStatement select = session.Use(
                "SELECT last_seq FROM dataload_journal WHERE shard_id = ?1 ORDER BY first_seq DESC LIMIT 1");
            return select.Bind(1, shard).Scalar();
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> TrimAsync(
        int shard, long epoch, long throughSequenceNr, IReadOnlyList<SnapshotWrite> baseline, CancellationToken cancellationToken)
    {
        if (!await partitions.SaveBaselineAsync(shard, epoch, throughSequenceNr, baseline, cancellationToken))
        {
            return false;
        }

        // What stands in their place is committed, so that the blocks may go by themselves.
        return await database.WriteAsync(
            session =>
            {
                using SqliteStatement delete = session.Use("DELETE FROM dataload_journal WHERE shard_id = ?1 AND first_seq <= ?2 AND last_seq <= ?2");
                delete.Bind(1, shard).Bind(2, throughSequenceNr).Execute();
                return true;
            },
            cancellationToken);
    }

    private static IReadOnlyList<int> Append(SqliteSession session, IReadOnlyList<JournalBlock> blocks)
    {
        var fence = new SqliteFence(session);
        using SqliteStatement insert = session.Use(
            """
            INSERT INTO dataload_journal (shard_id, first_seq, last_seq, epoch, journaled_at, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (shard_id, first_seq) DO NOTHING
            """);
        foreach (JournalBlock block in blocks)
        {
            if (!fence.Admits(block.Shard, block.Epoch))
            {
                continue;
            }

            int inserted = insert
                .Bind(1, block.Shard)
                .Bind(2, block.FirstSequenceNr)
                .Bind(3, block.LastSequenceNr)
                .Bind(4, block.Epoch)
                .Bind(5, block.JournaledAtMs)
                .Bind(6, block.Bytes.Span)
                .Execute();
            if (inserted == 0)
            {
                RequireSame(session, block);
            }
        }

        return fence.Stale;
    }

    private static void RequireSame(SqliteSession session, JournalBlock block)
    {
        using SqliteStatement select = session.Use("SELECT epoch, last_seq FROM dataload_journal WHERE shard_id = ?1 AND first_seq = ?2");
        select.Bind(1, block.Shard).Bind(2, block.FirstSequenceNr).Step();
        JournalConflict.ThrowIfOther(block, storedEpoch: select.Int64(0), storedLast: select.Int64(1));
    }

    private static long FirstOf(SqliteSession session, int shard, long afterSequenceNr)
    {
        // The last block that starts at or before the next SequenceNr holds it, or none does: one step in the index,
        // however long the kept journal is.
        using SqliteStatement select = session.Use(
            """
            SELECT first_seq, last_seq FROM dataload_journal WHERE shard_id = ?1 AND first_seq <= ?2
            ORDER BY first_seq DESC LIMIT 1
            """);
        long next = afterSequenceNr + 1;
        return select.Bind(1, shard).Bind(2, next).Step() && select.Int64(1) >= next ? select.Int64(0) : next;
    }

    private static (List<JournalBlock> Blocks, bool More) Page(SqliteSession session, int shard, long from)
    {
        var blocks = new List<JournalBlock>();
        long bytes = 0;
        using SqliteStatement select = session.Use(
            $"SELECT {Columns} FROM dataload_journal WHERE shard_id = ?1 AND first_seq >= ?2 ORDER BY first_seq");
        select.Bind(1, shard).Bind(2, from);
        while (select.Step())
        {
            var block = new JournalBlock
            {
                Shard = shard,
                FirstSequenceNr = select.Int64(0),
                LastSequenceNr = select.Int64(1),
                Epoch = select.Int64(2),
                JournaledAtMs = select.Int64(3),
                Bytes = select.Blob(4),
            };
            blocks.Add(block);
            bytes += block.Bytes.Length;
            if (bytes >= PageBytes || blocks.Count >= PageRows)
            {
                return (blocks, true);
            }
        }

        return (blocks, false);
    }
}
