using System.Runtime.InteropServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tracing;

/// <summary>What the owner of a Partition does to its index beside counting: reads what is stored, and makes segments of what the journal holds. Touches no
/// state, so that it may run beside the actor.</summary>
internal sealed class SessionIndexing(int partition, Catalog catalog, SessionIndexSettings settings, JournalReader journal, ISnapshotStore snapshots)
{
    private const long MaxBytes = 16 * 1024 * 1024;

    /// <summary>The segments that the store has of a Partition, and the ranges of those whose directory is damaged.</summary>
    public static async Task<StoredSessions> ListAsync(int partition, ISnapshotStore snapshots, CancellationToken cancellationToken)
    {
        var stored = new StoredSessions([], []);
        await foreach (Snapshot row in snapshots.ListAsync(
            partition, SnapshotKind.SessionSegments, PagedRow.DirectoryPrefix(), cancellationToken))
        {
            // A key that is none names no range: nothing depends on it.
            if (!SessionSegmentKey.TryParse(row.Key, out BlockRange range, out _))
            {
                continue;
            }

            try
            {
                stored.Segments.Add(SessionSegmentRows.DecodeDirectory(partition, range, row.Bytes));
            }
            catch (SessionDamageException damage)
            {
                stored.Damaged.Add(damage);
            }
        }

        return stored;
    }

    /// <summary>The writes that remove all rows of a damaged segment, whatever is left of it.</summary>
    public async Task<IReadOnlyList<SnapshotWrite>> RemovalsAsync(long epoch, BlockRange range, CancellationToken cancellationToken)
    {
        var keys = new List<byte[]> { SessionSegmentKey.Row(range, PagedRow.DirectoryPage) };
        await foreach (Snapshot row in snapshots.ListAsync(
            partition, SnapshotKind.SessionSegments, PagedRow.PagePrefix(range.After, range.Through), cancellationToken))
        {
            keys.Add(row.Key);
        }

        return [.. keys.Select(key => new SnapshotWrite(partition, epoch, SnapshotKind.SessionSegments, key, range.Through, null))];
    }

    /// <summary>Makes a segment of the beginning of a gap: as much as is sealed at once.</summary>
    /// <exception cref="Counting.StoredFormatException">The journal is damaged there, or was trimmed meanwhile.</exception>
    public async Task<SessionWrites> FillAsync(long epoch, BlockRange gap, CancellationToken cancellationToken)
    {
        var pairs = new List<ulong>();
        long through = gap.After;
        long last = Math.Min(gap.Through, gap.After + BlockRange.MaxLength);
        long bytes = 0;
        var decoder = new BlockDecoder(catalog) { WithIdentities = false };
        await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, gap.After, last, cancellationToken))
        {
            through = entry.SequenceNr;
            if (entry.Entry is Block block)
            {
                decoder.Open(partition, entry.SequenceNr, block);
                while (decoder.Next())
                {
                    uint fingerprint = SessionFingerprint.OfPayload(block.Bytes.Span.Slice(decoder.PayloadOffset, decoder.PayloadLength));
                    pairs.Add(SessionPair.Of(fingerprint, entry.SequenceNr - gap.After - 1));
                }

                bytes += block.Bytes.Length;
            }

            if (pairs.Count >= settings.SealEvents || bytes >= MaxBytes)
            {
                break;
            }
        }

        return Written(epoch, new BlockRange(gap.After, through), pairs);
    }

    private SessionWrites Written(long epoch, BlockRange range, List<ulong> pairs)
    {
        Span<ulong> sorted = CollectionsMarshal.AsSpan(pairs);
        var writes = new List<SnapshotWrite>();
        return new SessionWrites(SessionSegmentRows.Write(partition, epoch, range, sorted[..SessionPair.SortDistinct(sorted)], writes), writes);
    }
}

/// <summary>What the store has of a Partition's index.</summary>
/// <param name="Segments">The segments, in the order of their keys.</param>
/// <param name="Damaged">Those whose directory cannot be used.</param>
internal sealed record StoredSessions(List<SessionSegment> Segments, List<SessionDamageException> Damaged);
