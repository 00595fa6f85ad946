using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Tracing;

/// <summary>Finds all events of a session in the journals of all Partitions: reads the blocks that the index names, and through those that it does not stand
/// for. Reads the store alone, beside the owners. Thread-safe.</summary>
/// <param name="catalog">The streams.</param>
/// <param name="partitions">How many Partitions there are.</param>
/// <param name="journal">The journal.</param>
/// <param name="positions">Where the baselines stand.</param>
/// <param name="snapshots">The index.</param>
/// <param name="settings">The bounds.</param>
public sealed class SessionTrace(
    Catalog catalog, int partitions, JournalReader journal, IPartitionStore positions, ISnapshotStore snapshots, TraceSettings settings)
{
    /// <summary>Finds the events of a session, in the order of their time.</summary>
    /// <typeparam name="T">What an event is listed as.</typeparam>
    /// <param name="session">The session.</param>
    /// <param name="after">The place behind which listing begins.</param>
    /// <param name="limit">How many are listed at the most.</param>
    /// <param name="view">Called once for each Partition, with its number: gives what makes what is listed of the event that a decoder stands at, and its place in its block.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">The journal is damaged.</exception>
    /// <exception cref="TimeoutException">The journal was trimmed each time that it was read.</exception>
    /// <exception cref="TraceTooLargeException">The session is in more blocks than may be read.</exception>
    public async Task<TracedSession<T>> RunAsync<T>(
        string session, EventPlace after, int limit, Func<int, Func<BlockDecoder, int, T>> view, CancellationToken cancellationToken)
    {
        byte[] text = SessionFingerprint.TextOf(session);
        var question = new Question(text, SessionFingerprint.OfText(text), new int[partitions]);
        var answers = new PartitionTrace<T>[partitions];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, partitions),
            new ParallelOptions { MaxDegreeOfParallelism = settings.PartitionsAtOnce, CancellationToken = cancellationToken },
            async (partition, token) => answers[partition] = await StableBaseline.ReadAsync(
                partition, positions, baseline => ReadAsync(partition, baseline, question, new Listing<T>(after, limit), view(partition), token), token));

        var listing = new Listing<T>(after, limit);
        foreach (PartitionTrace<T> answer in answers)
        {
            listing.Add(answer.Events);
        }

        return new TracedSession<T>
        {
            Events = listing.Count,
            Items = listing.Items(),
            Next = listing.Next,
            Blocks = answers.Sum(answer => answer.Blocks),
            ScannedBlocks = answers.Sum(answer => answer.ScannedBlocks),
            UnreadBlocks = answers.Sum(answer => answer.UnreadBlocks),
            Trimmed = [.. Enumerable.Range(0, partitions).Where(partition => answers[partition].Baseline > 0)],
        };
    }

    private async Task<PartitionTrace<T>> ReadAsync<T>(
        int partition, long baseline, Question question, Listing<T> listing, Func<BlockDecoder, int, T> show, CancellationToken cancellationToken)
    {
        SessionBlocks found = await SessionLookup.FindAsync(partition, baseline, question.Fingerprint, snapshots, cancellationToken);
        question.Blocks[partition] = found.Blocks.Count;
        if (question.Blocks.Sum(blocks => (long)blocks) > settings.MaxBlocks)
        {
            throw new TraceTooLargeException(settings.MaxBlocks);
        }

        var reader = new BlockScan<T>(partition, question.Text, new BlockDecoder(catalog) { WithTexts = true, WithIdentities = false }, listing, show);
        foreach (BlockRange run in SessionBlocks.Runs(found.Blocks))
        {
            await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, run.After, run.Through, cancellationToken))
            {
                reader.Read(entry);
            }
        }

        long scanned = 0;
        long unread = 0;

        // The newest first: what is behind all segments is what a question is most likely about.
        foreach (BlockRange gap in found.Gaps.Reverse())
        {
            BlockRange rest = gap;
            if (scanned < settings.MaxScannedBlocks)
            {
                await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, gap.After, gap.Through, cancellationToken))
                {
                    reader.Read(entry);
                    rest = rest with { After = entry.SequenceNr };
                    if (++scanned >= settings.MaxScannedBlocks)
                    {
                        break;
                    }
                }
            }

            bool isToTheEnd = gap.Through == long.MaxValue;
            unread += !isToTheEnd ? rest.Length
                : scanned >= settings.MaxScannedBlocks ? await journal.FindHighestAsync(partition, rest.After, cancellationToken) - rest.After : 0;
        }

        return new PartitionTrace<T>(listing, found.Blocks.Count, scanned, unread, baseline);
    }

    /// <summary>What is asked of every Partition.</summary>
    private sealed record Question(byte[] Text, uint Fingerprint, int[] Blocks);

    private sealed record PartitionTrace<T>(Listing<T> Events, int Blocks, long ScannedBlocks, long UnreadBlocks, long Baseline);

    /// <summary>Finds the session's events in entries.</summary>
    private sealed class BlockScan<T>(int partition, byte[] text, BlockDecoder decoder, Listing<T> listing, Func<BlockDecoder, int, T> show)
    {
        public void Read(PersistedEntry entry)
        {
            // A block that does not hold the session's bytes holds none of its events.
            if (entry.Entry is not Block block || block.Bytes.Span.IndexOf(text) < 0)
            {
                return;
            }

            decoder.Open(partition, entry.SequenceNr, block);
            for (int index = 0; decoder.Next(); index++)
            {
                ReadOnlySpan<byte> payload = block.Bytes.Span.Slice(decoder.PayloadOffset, decoder.PayloadLength);
                if (SessionFingerprint.TextOf(payload).SequenceEqual(text))
                {
                    listing.Add(new EventPlace(decoder.Event.TimeMs, partition, entry.SequenceNr, index), decoder, show);
                }
            }
        }
    }

    /// <summary>The first events behind a place, no more than are listed.</summary>
    private sealed class Listing<T>(EventPlace after, int limit)
    {
        private static readonly Comparer<EventPlace> LastFirst = Comparer<EventPlace>.Create((x, y) => y.CompareTo(x));

        private readonly PriorityQueue<(EventPlace Place, T Item), EventPlace> _first = new(LastFirst);
        private bool _hasMore;

        /// <summary>How many events there are, listed or not.</summary>
        public long Count { get; private set; }

        /// <summary>Behind which place the next page begins; null where this is the last.</summary>
        public EventPlace? Next => _hasMore && _first.Count > 0 ? _first.Peek().Place : null;

        public void Add(EventPlace place, BlockDecoder decoder, Func<BlockDecoder, int, T> show)
        {
            Count++;
            if (IsListed(place))
            {
                Put(place, show(decoder, place.Index));
            }
        }

        public void Add(Listing<T> other)
        {
            Count += other.Count;
            _hasMore |= other._hasMore;
            foreach (((EventPlace place, T item), _) in other._first.UnorderedItems)
            {
                if (IsListed(place))
                {
                    Put(place, item);
                }
            }
        }

        public IReadOnlyList<T> Items() => [.. _first.UnorderedItems.Select(each => each.Element).OrderBy(each => each.Place).Select(each => each.Item)];

        private bool IsListed(EventPlace place)
        {
            if (place.CompareTo(after) <= 0)
            {
                return false;
            }

            bool isListed = _first.Count < limit || (limit > 0 && place.CompareTo(_first.Peek().Place) < 0);
            _hasMore |= !isListed;
            return isListed;
        }

        private void Put(EventPlace place, T item)
        {
            if (_first.Count == limit)
            {
                _first.Dequeue();
                _hasMore = true;
            }

            _first.Enqueue((place, item), place);
        }
    }
}

/// <summary>The events of a session.</summary>
/// <typeparam name="T">What an event is listed as.</typeparam>
public sealed record TracedSession<T>
{
    /// <summary>How many there are, listed or not.</summary>
    public required long Events { get; init; }

    /// <summary>Those of the page, in the order of their time.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Behind which place the next page begins; null where this is the last.</summary>
    public required EventPlace? Next { get; init; }

    /// <summary>How many blocks were read since the index names them.</summary>
    public required long Blocks { get; init; }

    /// <summary>How many blocks were read through since they are not indexed yet.</summary>
    public required long ScannedBlocks { get; init; }

    /// <summary>How many blocks are not indexed yet and were not read, since that would be too many.</summary>
    public required long UnreadBlocks { get; init; }

    /// <summary>The Partitions whose journal was trimmed: what it held before is kept nowhere.</summary>
    public required IReadOnlyList<int> Trimmed { get; init; }
}

/// <summary>A session is in more blocks than a question may read.</summary>
public sealed class TraceTooLargeException(int maxBlocks) : Exception(
    $"The session may be in more than {maxBlocks} blocks of the journal (dataload.trace.max-blocks): it is hardly the way of one visitor.");
