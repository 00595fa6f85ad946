using System.Globalization;

namespace DataLoad.Engine.Seen;

/// <summary>How long hashed identities are remembered, and in what portions they are kept and stored.</summary>
internal sealed record SeenHashesOptions
{
    /// <summary>The most ids that any segment may hold, whatever the options; a decoder refuses more.</summary>
    public const int SegmentIdsLimit = 1 << 24;

    /// <summary>The most ids of a stored page, whatever the options; a decoder refuses more.</summary>
    public const int PageIdsLimit = 4096;

    /// <summary>The longest window: ten years.</summary>
    public const long WindowMsLimit = 3_652L * 24 * 60 * 60 * 1000;

    /// <summary>How long an identity is remembered, from its journaling, in ms; default 7 days, from 1 to ten years. May change between starts.</summary>
    /// <remarks>Longer: later redeliveries are known, and memory and store grow. What is stored keeps the bucket length it was stored with.</remarks>
    public long WindowMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>How many time buckets a window has; default 16, from 1 to 1024. More: forgotten sooner after the window, more segments to look into.</summary>
    public int BucketsPerWindow { get; init; } = 16;

    /// <summary>Ids of a stored page; default and most 4096 (64 KiB), at least 1. Fewer: less to load for one doubtful id, more rows.</summary>
    public int PageIds { get; init; } = PageIdsLimit;

    /// <summary>Bits of the filter for each id; default 16, from 4 to 32.</summary>
    /// <remarks>More: more memory, fewer pages loaded in vain: of 1,000 new ids, for each segment, 4 at 12 bits, 1 at 16, a quarter of one at 20.</remarks>
    public int FilterBitsPerId { get; init; } = 16;

    /// <summary>The most ids of a segment, and so of one merge; default 2^20, from 1 to 2^24.</summary>
    /// <remarks>More: fewer segments in the end; a merge holds more in memory (32 bytes an id) and writes more in one transaction (16 bytes an id).</remarks>
    public int MaxSegmentIds { get; init; } = 1 << 20;

    /// <summary>How many segments of a size class of a bucket are merged; default 8, 2 to 64. More: written less often, more to search.</summary>
    public int MergeAtSegments { get; init; } = 8;

    /// <summary>How many ids stay in memory unsealed before a seal is wanted; default 2^20, from 1 to 2^24. About 50 bytes each.</summary>
    public int MaxActiveIds { get; init; } = 1 << 20;

    /// <summary>About how many stored rows of forgotten buckets one seal deletes; default 4096, 1 to 2^20. The next deletes what is left.</summary>
    public int MaxDeletedRowsPerSeal { get; init; } = 4096;

    /// <summary>How many bytes of directories opening keeps, newest first; default 256 MiB, at least 0. Others are loaded when needed.</summary>
    public long MaxOpenBytes { get; init; } = 256L << 20;

    /// <summary>The length of a time bucket.</summary>
    public long BucketMs => Math.Max(1, WindowMs / BucketsPerWindow);

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it, its value and its range.</exception>
    public SeenHashesOptions Validate()
    {
        Check(nameof(WindowMs), WindowMs, 1, WindowMsLimit);
        Check(nameof(BucketsPerWindow), BucketsPerWindow, 1, 1024);
        Check(nameof(PageIds), PageIds, 1, PageIdsLimit);
        Check(nameof(FilterBitsPerId), FilterBitsPerId, 4, 32);
        Check(nameof(MaxSegmentIds), MaxSegmentIds, 1, SegmentIdsLimit);
        Check(nameof(MergeAtSegments), MergeAtSegments, 2, 64);
        Check(nameof(MaxActiveIds), MaxActiveIds, 1, SegmentIdsLimit);
        Check(nameof(MaxDeletedRowsPerSeal), MaxDeletedRowsPerSeal, 1, 1 << 20);
        Check(nameof(MaxOpenBytes), MaxOpenBytes, 0, long.MaxValue);
        return this;
    }

    private static void Check(string name, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {min} to {max}."), name);
        }
    }
}
