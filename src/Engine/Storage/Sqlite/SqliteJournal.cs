using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The journal: one row a block.</summary>
internal sealed class SqliteJournal(SqliteDatabase database) : IJournal
{
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
        long from = await database.ReadAsync(session => FirstOf(session, shard, afterSequenceNr), cancellationToken).ConfigureAwait(false);
        while (true)
        {
            (List<JournalBlock> page, bool more) =
                await database.ReadAsync(session => Page(session, shard, from), cancellationToken).ConfigureAwait(false);
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
    public ValueTask<bool> TrimAsync(
        int shard, long epoch, long throughSequenceNr, IReadOnlyList<SnapshotWrite> baseline, CancellationToken cancellationToken) =>
        database.WriteAsync(session => Trim(session, shard, epoch, throughSequenceNr, baseline), cancellationToken);

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

    private (List<JournalBlock> Blocks, bool More) Page(SqliteSession session, int shard, long from)
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
            if (bytes >= database.Options.PageBytes || blocks.Count >= database.Options.PageRows)
            {
                return (blocks, true);
            }
        }

        return (blocks, false);
    }

    private static bool Trim(SqliteSession session, int shard, long epoch, long through, IReadOnlyList<SnapshotWrite> baseline)
    {
        BaselineWrites.Require(shard, epoch, baseline);
        if (!new SqliteFence(session).Admits(shard, epoch))
        {
            return false;
        }

        if (SqliteSnapshotStore.LoadCheckpoint(session, shard).BaselineSequenceNr > through)
        {
            // A trim that went further has been here.
            return true;
        }

        using SqliteStatement delete = session.Use("DELETE FROM dataload_journal WHERE shard_id = ?1 AND first_seq <= ?2 AND last_seq <= ?2");
        delete.Bind(1, shard).Bind(2, through).Execute();
        SqliteSnapshotStore.Write(session, baseline);
        using SqliteStatement upsert = session.Use(
            """
            INSERT INTO dataload_checkpoint (shard_id, seq_nr, baseline_seq_nr) VALUES (?1, 0, ?2)
            ON CONFLICT (shard_id) DO UPDATE SET baseline_seq_nr = excluded.baseline_seq_nr
            """);
        upsert.Bind(1, shard).Bind(2, through).Execute();
        return true;
    }
}
