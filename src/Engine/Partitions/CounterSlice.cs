using System.Runtime.InteropServices;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>What one persisted block holds for one Counter: all its events of the block, as places in the block's own bytes. Taken whole, so that a Counter
/// stands at the SequenceNr of a block.</summary>
/// <param name="SequenceNr">The block's SequenceNr.</param>
/// <param name="Block">The block.</param>
/// <param name="Entries">The events, in the block's order.</param>
/// <param name="Bytes">About what it holds in memory until it is applied: its part of the block included.</param>
internal sealed record CounterSlice(long SequenceNr, Block Block, SliceEntry[] Entries, long Bytes) : ICounterMessage;

/// <summary>One event of a slice.</summary>
/// <param name="StreamId">The stream's number.</param>
/// <param name="Offset">Where its payload begins in the block.</param>
/// <param name="Length">How many bytes of the block it stands for.</param>
internal readonly record struct SliceEntry(byte StreamId, int Offset, int Length);

/// <summary>Sorts the events of a block by Counter while the block is written or read; reused from block to block. Not thread-safe.</summary>
internal sealed class SliceBuilder
{
    // The message, its array and its place in a mailbox.
    private const int SliceOwnBytes = 150;
    private const int EntryOwnBytes = 12;

    private readonly Dictionary<CounterId, int> _places = [];
    private readonly List<(CounterId Id, int Count, long Bytes)> _counters = [];
    private readonly List<(int Place, SliceEntry Entry)> _entries = [];

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        _places.Clear();
        _counters.Clear();
        _entries.Clear();
    }

    /// <summary>Adds an event.</summary>
    public void Add(in CounterId id, SliceEntry entry)
    {
        ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, id, out bool exists);
        if (!exists)
        {
            place = _counters.Count;
            _counters.Add((id, 0, SliceOwnBytes));
        }

        ref (CounterId Id, int Count, long Bytes) counter = ref CollectionsMarshal.AsSpan(_counters)[place];
        counter.Count++;
        counter.Bytes += EntryOwnBytes + entry.Length;
        _entries.Add((place, entry));
    }

    /// <summary>The slices, a Counter each, in the order in which the Counters first came.</summary>
    public List<(CounterId Id, CounterSlice Slice)> Build(long sequenceNr, Block block)
    {
        var slices = new List<(CounterId, CounterSlice)>(_counters.Count);
        var filled = new int[_counters.Count];
        foreach ((CounterId id, int count, long bytes) in _counters)
        {
            slices.Add((id, new CounterSlice(sequenceNr, block, new SliceEntry[count], bytes)));
        }

        foreach ((int place, SliceEntry entry) in _entries)
        {
            slices[place].Item2.Entries[filled[place]++] = entry;
        }

        return slices;
    }
}
