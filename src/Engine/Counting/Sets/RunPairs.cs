namespace DataLoad.Engine.Counting.Sets;

/// <summary>Operations on the pairs (start, length - 1) of a run container, as Roaring stores them: ascending, not overlapping, not touching.</summary>
internal static class RunPairs
{
    /// <summary>Index of the last run that starts at or before <paramref name="low"/>; -1 when there is none.</summary>
    public static int LastStartingAtOrBefore(ReadOnlySpan<ushort> pairs, int low)
    {
        int runs = pairs.Length >> 1;
        if (pairs[2 * (runs - 1)] <= low)
        {
            return runs - 1; // Ids that come in order always end here.
        }

        int from = 0, to = runs - 1;
        while (from < to)
        {
            int middle = (from + to) >> 1;
            if (pairs[2 * middle] <= low)
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from - 1;
    }

    /// <summary>Last value of run <paramref name="index"/>.</summary>
    public static int End(ReadOnlySpan<ushort> pairs, int index) => pairs[2 * index] + pairs[2 * index + 1];

    /// <summary>Whether <paramref name="low"/> lies in a run.</summary>
    public static bool Contains(ReadOnlySpan<ushort> pairs, int low)
    {
        int at = LastStartingAtOrBefore(pairs, low);
        return at >= 0 && low <= End(pairs, at);
    }

    /// <summary>Sets the bits of every run.</summary>
    public static void SetAll(ReadOnlySpan<ushort> pairs, Span<ulong> words)
    {
        for (int i = 0; i < pairs.Length; i += 2)
        {
            Bitmap.SetRange(words, pairs[i], pairs[i] + pairs[i + 1]);
        }
    }

    /// <summary>Writes every value of every run, ascending. <paramref name="lows"/> must hold all of them.</summary>
    public static void CopyLows(ReadOnlySpan<ushort> pairs, Span<ushort> lows)
    {
        int written = 0;
        for (int i = 0; i < pairs.Length; i += 2)
        {
            for (int low = pairs[i], end = pairs[i] + pairs[i + 1]; low <= end; low++)
            {
                lows[written++] = (ushort)low;
            }
        }
    }
}
