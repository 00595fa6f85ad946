namespace DataLoad.Engine.Seen;

/// <content>Questions for a whole batch: filter by filter, so that many cache lines are fetched at a time where single ids would wait for each.</content>
internal sealed partial class SeenHashes
{
    private const int ChunkIds = 256;

    private readonly HashProbe[] _probes = new HashProbe[ChunkIds];
    private readonly FilterMask[] _masks = new FilterMask[ChunkIds];

    /// <summary>Tells what is known of each id of a batch, and asks for the rows that are missing to tell.</summary>
    public void CollectMissing(ReadOnlySpan<UInt128> hashes, long nowMs, Span<Membership> found, MissingPages missing)
    {
        long endedByMs = nowMs - _options.WindowMs;
        ReadOnlySpan<BlockedFilter?> filters = _segments.Filters[.._segments.CountAfter(endedByMs)];
        for (int start = 0; start < hashes.Length; start += ChunkIds)
        {
            ReadOnlySpan<UInt128> ids = hashes[start..Math.Min(hashes.Length, start + ChunkIds)];
            Span<Membership> answers = found.Slice(start, ids.Length);
            FindChunk(ids, endedByMs, filters, answers);
            for (int i = 0; i < ids.Length; i++)
            {
                if (answers[i] == Membership.Unknown)
                {
                    answers[i] = CollectMissing(ids[i], nowMs, missing);
                }
            }
        }
    }

    private void FindChunk(ReadOnlySpan<UInt128> ids, long endedByMs, ReadOnlySpan<BlockedFilter?> filters, Span<Membership> answers)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            _probes[i] = new HashProbe(ids[i]);
            _active.Prefetch(_probes[i]);
        }

        for (int i = 0; i < ids.Length; i++)
        {
            _masks[i] = _probes[i].Mask;
            answers[i] = _active.Contains(ids[i], _probes[i], endedByMs) ? Membership.Seen : Membership.Fresh;
        }

        for (int segment = 0; segment < filters.Length; segment++)
        {
            if (filters[segment] is not { } filter)
            {
                foreach (ref Membership answer in answers)
                {
                    answer = answer == Membership.Fresh ? Membership.Unknown : answer;
                }

                continue;
            }

            for (int i = 0; i < ids.Length; i++)
            {
                filter.Prefetch(_probes[i]);
            }

            for (int i = 0; i < ids.Length; i++)
            {
                if (filter.MayContain(_probes[i], _masks[i]) && answers[i] != Membership.Seen)
                {
                    Membership inPage = FindInPage(segment, ids[i]);
                    answers[i] = inPage == Membership.Fresh ? answers[i] : inPage;
                }
            }
        }
    }
}
