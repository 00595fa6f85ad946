using System.Runtime.InteropServices;
using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>What a Partition and its Counters tell each other. None of it leaves the process.</summary>
internal interface ICounterMessage : INoSerializationVerificationNeeded;

/// <summary>Asks a Counter for its row; answered by <see cref="CounterRow"/>.</summary>
internal sealed record ReadRow(long Round) : ICounterMessage;

/// <summary>Asks a Counter for its state; answered by <see cref="CounterState"/>.</summary>
internal sealed record ReadState(long Round) : ICounterMessage;

/// <summary>Gives a Counter the state that was computed anew from the journal; it holds the Counter alone from then on.</summary>
internal sealed record ReplaceState(Counter Counter) : ICounterMessage;

/// <summary>A slice is applied, and so much is held now; or the Counter is damaged, says why, and applies none any more.</summary>
internal sealed record SliceApplied(CounterId Id, long SequenceNr, long SliceBytes, long ResidentBytes, string? Damage) : ICounterMessage;

/// <summary>A Counter's values as of a SequenceNr: those of the last slice that was applied.</summary>
internal sealed record CounterRow(CounterId Id, long Round, long SequenceNr, long[] Values) : ICounterMessage;

/// <summary>A Counter's encoded state as of a SequenceNr.</summary>
internal sealed record CounterState(CounterId Id, long Round, long SequenceNr, byte[] Bytes) : ICounterMessage;

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
