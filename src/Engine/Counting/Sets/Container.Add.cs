namespace DataLoad.Engine.Counting.Sets;

// The only code that changes a container's array in place.
internal partial struct Container
{
    private const int MinGrowth = 4; // elements; objects are aligned to 8 bytes anyway

    /// <summary>Adds a low half; true when it is new. A new <see cref="Data"/> means the resident bytes have changed.</summary>
    public bool Add(int low) => Kind switch
    {
        ContainerKind.Array => AddToArray(low),
        ContainerKind.Bitmap => AddToBitmap(low),
        _ => AddToRuns(low),
    };

    private bool AddToArray(int low)
    {
        int count = Cardinality;
        ushort[] data = Data;
        int at = count;
        if (data[count - 1] >= low)
        {
            at = SortedLows.LowerBound(Lows, low);
            if (data[at] == low)
            {
                return false;
            }
        }

        if (count == data.Length)
        {
            // Also true at 4,096: capacities end exactly there.
            return Regrow(low, at);
        }

        data.AsSpan(at, count - at).CopyTo(data.AsSpan(at + 1));
        data[at] = (ushort)low;
        _cardinalityLess1++;
        return true;
    }

    // Once for each growth, which keeps the search for runs cheap: ids that come in order end as runs.
    private bool Regrow(int low, int at)
    {
        ReadOnlySpan<ushort> lows = Lows;
        int runs = SortedLows.CountRuns(lows);
        if (PrefersRuns(runs, lows.Length))
        {
            var pairs = new ushort[2 * runs + MinGrowth];
            SortedLows.CopyRuns(lows, pairs);
            this = Create(Key, lows.Length, ContainerKind.Runs, pairs, runs);
            return AddToRuns(low);
        }

        if (lows.Length == RoaringFormat.MaxArrayCardinality)
        {
            ToBitmap();
            return AddToBitmap(low);
        }

        int capacity = Math.Min(RoaringFormat.MaxArrayCardinality, lows.Length + Growth(lows.Length));
        ushort[] grown = GC.AllocateUninitializedArray<ushort>(capacity);
        lows[..at].CopyTo(grown);
        grown[at] = (ushort)low;
        lows[at..].CopyTo(grown.AsSpan(at + 1));
        Data = grown;
        _cardinalityLess1++;
        return true;
    }

    private bool AddToBitmap(int low)
    {
        ref ulong word = ref Bitmap.Words(Data)[low >> 6];
        ulong bit = 1UL << low;
        if ((word & bit) != 0)
        {
            return false;
        }

        word |= bit;
        if (++_cardinalityLess1 == RoaringFormat.ContainerSpan - 1)
        {
            this = Create(Key, RoaringFormat.ContainerSpan, ContainerKind.Runs, FullData, 1);
        }

        return true;
    }

    private bool AddToRuns(int low)
    {
        Span<ushort> pairs = Data.AsSpan(0, 2 * _runCount);
        int at = RunPairs.LastStartingAtOrBefore(pairs, low);
        if (at >= 0 && low <= RunPairs.End(pairs, at))
        {
            return false;
        }

        // From here on 'low' is new, so the container was not full and its array is its own.
        bool followsRun = at >= 0 && RunPairs.End(pairs, at) + 1 == low;
        bool precedesRun = at + 1 < _runCount && pairs[2 * (at + 1)] == low + 1;
        if (followsRun && precedesRun)
        {
            pairs[2 * at + 1] += (ushort)(pairs[2 * (at + 1) + 1] + 2);
            pairs[(2 * (at + 2))..].CopyTo(pairs[(2 * (at + 1))..]);
            _runCount--;
        }
        else if (followsRun)
        {
            pairs[2 * at + 1]++;
        }
        else if (precedesRun)
        {
            pairs[2 * (at + 1)]--;
            pairs[2 * (at + 1) + 1]++;
        }
        else if (RoaringFormat.RunBytes(_runCount + 1) > RoaringFormat.PlainBytes(Cardinality + 1))
        {
            LeaveRuns();
            return Add(low);
        }
        else
        {
            InsertRun(at + 1, low);
        }

        if (++_cardinalityLess1 == RoaringFormat.ContainerSpan - 1)
        {
            Data = FullData;
        }

        return true;
    }

    private void InsertRun(int index, int low)
    {
        int used = 2 * _runCount;
        ushort[] source = Data;
        if (used + 2 > source.Length)
        {
            Data = new ushort[used + Growth(used)];
            source.AsSpan(0, 2 * index).CopyTo(Data);
        }

        source.AsSpan(2 * index, used - 2 * index).CopyTo(Data.AsSpan(2 * index + 2));
        Data[2 * index] = (ushort)low;
        Data[2 * index + 1] = 0;
        _runCount++;
    }

    private void LeaveRuns()
    {
        if (Cardinality > RoaringFormat.MaxArrayCardinality)
        {
            ToBitmap();
            return;
        }

        // Room for what comes next; even at 4,096, where the next id makes it a bitmap.
        int capacity = Math.Min(RoaringFormat.MaxArrayCardinality, Cardinality + MinGrowth);
        var lows = new ushort[capacity];
        CopyLows(lows);
        this = Create(Key, Cardinality, ContainerKind.Array, lows);
    }

    private void ToBitmap()
    {
        var data = new ushort[RoaringFormat.MaxArrayCardinality];
        SetBits(Bitmap.Words(data));
        this = Create(Key, Cardinality, ContainerKind.Bitmap, data);
    }

    private static int Growth(int length) => (Math.Max(MinGrowth, length >> 3) + 3) & ~3;
}
