namespace DataLoad.Engine.Counting.Sets;

/// <summary>The dense half of <see cref="IdSet"/>: containers sorted by key, as in the Roaring format. Costs about 50 bytes a container and at most two bytes
/// an id, so it serves from about twenty ids a container on.</summary>
internal sealed class RoaringIds
{
    private Container[] _containers;
    private int _size;
    private long _count;
    private long _dataBytes; // of the containers' arrays

    /// <summary>Empty, with room for some containers.</summary>
    public RoaringIds(int capacity = 4) => _containers = new Container[capacity];

    /// <summary>Number of ids.</summary>
    public long Count => _count;

    /// <summary>Number of containers.</summary>
    public int Size => _size;

    /// <summary>The containers, by ascending key.</summary>
    public ReadOnlySpan<Container> Containers => _containers.AsSpan(0, _size);

    /// <summary>Most ids in one container; 0 when there are none.</summary>
    public int LargestCardinality
    {
        get
        {
            int largest = 0;
            foreach (ref readonly Container container in Containers)
            {
                largest = Math.Max(largest, container.Cardinality);
            }

            return largest;
        }
    }

    /// <summary>Managed bytes held.</summary>
    public long ResidentBytes => ManagedBytes.Object(32) + ManagedBytes.Array(_containers.Length, 16) + _dataBytes;

    /// <summary>A set of these ids, which must be ascending and distinct.</summary>
    public static RoaringIds FromSorted(ReadOnlySpan<int> ids, int containers)
    {
        var result = new RoaringIds(containers);
        Span<ushort> lows = new ushort[Math.Min(ids.Length, RoaringFormat.ContainerSpan)];
        while (!ids.IsEmpty)
        {
            int key = ids[0] >> 16;
            int length = 0;
            while (length < ids.Length && ids[length] >> 16 == key)
            {
                lows[length] = (ushort)ids[length];
                length++;
            }

            result.Append(Container.FromLows(key, lows[..length]));
            ids = ids[length..];
        }

        return result;
    }

    /// <summary>Adds a container of a key above all others.</summary>
    public void Append(in Container container)
    {
        InsertAt(_size, container);
        _count += container.Cardinality;
    }

    /// <summary>Gives up the array's slack when it is much.</summary>
    public void Trim()
    {
        if (_size < _containers.Length - (_containers.Length >> 2))
        {
            Array.Resize(ref _containers, _size);
        }
    }

    /// <summary>Puts another container in the place of one with the same key.</summary>
    public void Replace(int index, in Container container)
    {
        _count += container.Cardinality - _containers[index].Cardinality;
        _dataBytes += container.DataBytes - _containers[index].DataBytes;
        _containers[index] = container;
    }

    /// <summary>Adds a non-negative id; true when it is new.</summary>
    public bool Add(int id)
    {
        int key = id >> 16;
        int low = id & 0xFFFF;
        int index = IndexOf(key);
        if (index < 0)
        {
            InsertAt(~index, Container.Of(key, low));
            _count++;
            return true;
        }

        ref Container container = ref _containers[index];
        long before = container.DataBytes;
        if (!container.Add(low))
        {
            return false;
        }

        _dataBytes += container.DataBytes - before;
        _count++;
        return true;
    }

    /// <summary>Whether a non-negative id is in the set.</summary>
    public bool Contains(int id)
    {
        int index = IndexOf(id >> 16);
        return index >= 0 && _containers[index].Contains(id & 0xFFFF);
    }

    /// <summary>Index of the container with this key; the complement of where it belongs when there is none.</summary>
    public int IndexOf(int key)
    {
        Container[] containers = _containers;
        if (_size == 0)
        {
            return ~0;
        }

        // Keys are distinct, so a key is never further in than its distance from the first one; and it is
        // exactly there when ids cover their range, as the ids of a growing table do.
        int guess = key - containers[0].Key;
        if (guess < 0)
        {
            return ~0;
        }

        if (guess < _size && containers[guess].Key == key)
        {
            return guess;
        }

        int from = 0, to = Math.Min(guess, _size);
        while (from < to)
        {
            int middle = (from + to) >>> 1;
            if (containers[middle].Key < key)
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from < _size && containers[from].Key == key ? from : ~from;
    }

    /// <summary>A copy that shares nothing that changes, without slack.</summary>
    public RoaringIds Clone()
    {
        var copy = new RoaringIds(_size);
        foreach (ref readonly Container container in Containers)
        {
            copy.Append(container.Clone());
        }

        return copy;
    }

    /// <summary>Writes the ids, ascending; the span holds all of them.</summary>
    public void CopyTo(Span<int> ids)
    {
        Span<ushort> buffer = new ushort[LargestCardinality];
        foreach (ref readonly Container container in Containers)
        {
            Span<ushort> lows = buffer[..container.Cardinality];
            container.CopyLows(lows);
            int high = container.Key << 16;
            for (int i = 0; i < lows.Length; i++)
            {
                ids[i] = high | lows[i];
            }

            ids = ids[lows.Length..];
        }
    }

    private void InsertAt(int index, in Container container)
    {
        if (_size == _containers.Length)
        {
            // A container in progress costs 40 bytes and more, so that an eighth of slack is little.
            Array.Resize(ref _containers, _size + Math.Max(2, _size >> 3));
        }

        Array.Copy(_containers, index, _containers, index + 1, _size - index);
        _containers[index] = container;
        _dataBytes += container.DataBytes;
        _size++;
    }
}
