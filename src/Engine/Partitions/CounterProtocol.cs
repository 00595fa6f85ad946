using System.Runtime.InteropServices;
using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>What a Partition and its Counters tell each other. None of it leaves the process.</summary>
internal interface ICounterMessage : INoSerializationVerificationNeeded;

/// <summary>Asks a Counter for its row, and for so many rows of parts that changed since they were given; answered by <see cref="CounterRow"/>.</summary>
internal sealed record ReadRow(long Round, int MaxParts = 0) : ICounterMessage;

/// <summary>Asks a Counter for what of its state changed since it was given; answered by <see cref="CounterState"/>.</summary>
/// <param name="Round">The round of saving.</param>
/// <param name="MaxBytes">At which size an answer takes no further page of parts.</param>
/// <param name="IsContinued">Whether the rest is asked for of what an answer was too small for.</param>
internal sealed record ReadState(long Round, long MaxBytes, bool IsContinued) : ICounterMessage;

/// <summary>Gives a Counter the state that was computed anew from the journal; it holds the Counter alone from then on.</summary>
/// <param name="Counter">The state.</param>
/// <param name="Stored">The pages that the parts of the one before are stored on.</param>
internal sealed record ReplaceState(Counter Counter, IReadOnlyList<PartPages> Stored) : ICounterMessage;

/// <summary>Slices for a Counter, in their order; answered by <see cref="SlicesApplied"/>.</summary>
/// <param name="Slices">The slices, one at least.</param>
/// <param name="Bytes">About what they hold in memory until they are applied.</param>
internal sealed record CounterSlices(IReadOnlyList<CounterSlice> Slices, long Bytes) : ICounterMessage;

/// <summary>Slices are applied, and so much is held now; or the Counter is damaged, says why, and applies none any more.</summary>
internal sealed record SlicesApplied(CounterId Id, long SequenceNr, long SliceBytes, long ResidentBytes, string? Damage) : ICounterMessage;

/// <summary>A Counter's values as of a SequenceNr: those of the last slice that was applied.</summary>
internal sealed record CounterRow(CounterId Id, long Round, long SequenceNr, long[] Values, IReadOnlyList<PartRow> Parts, bool HasMore) : ICounterMessage;

/// <summary>The values of a part as of the SequenceNr of its last event.</summary>
internal readonly record struct PartRow(BreakdownValue Value, long SequenceNr, long[] Values);

/// <summary>A Counter's encoded state as of a SequenceNr: pages of parts that changed, and with the last of them the Counter's own.</summary>
/// <param name="Id">The Counter.</param>
/// <param name="Round">The round of saving.</param>
/// <param name="SequenceNr">The SequenceNr that it holds at.</param>
/// <param name="Whole">The Counter's own state; null where there are more pages. It comes last, so that no page that it tells of is missing.</param>
/// <param name="Parts">The pages.</param>
/// <param name="Obsolete">The pages of a state whose place this one took, to be removed with its own.</param>
internal sealed record CounterState(
    CounterId Id, long Round, long SequenceNr, byte[]? Whole, IReadOnlyList<PageState> Parts, IReadOnlyList<PartPages> Obsolete) : ICounterMessage;

/// <summary>An encoded page of parts.</summary>
internal readonly record struct PageState(Breakdown Breakdown, int Page, byte[] Bytes);

/// <summary>What one persisted block holds for one Counter: all its events of the block, as places in the block's own bytes. Taken whole, so that a Counter
/// stands at the SequenceNr of a block.</summary>
/// <param name="SequenceNr">The block's SequenceNr.</param>
/// <param name="Block">The block.</param>
/// <param name="Entries">The events, in the block's order.</param>
/// <param name="Bytes">About what it holds in memory until it is applied: its part of the block included.</param>
internal sealed record CounterSlice(long SequenceNr, Block Block, SliceEntry[] Entries, long Bytes);

/// <summary>One event of a slice.</summary>
/// <param name="StreamId">The stream's number.</param>
/// <param name="Offset">Where its payload begins in the block.</param>
/// <param name="Length">How many bytes of the block it stands for.</param>
internal readonly record struct SliceEntry(byte StreamId, int Offset, int Length);

/// <summary>Sorts the events of a block by Counter while the block is written or read; reused from block to block. Not thread-safe.</summary>
internal sealed class SliceBuilder
{
    // The slice, its array and its place among those that wait.
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

/// <summary>What a Partition knows of one of its Counters: where it stands, and what of it is written where.</summary>
internal sealed class CounterEntry(CounterId id, Page page)
{
    // The actor, its mailbox and its place among the Partition's children (measured), and this.
    private const int OwnBytes = 2_200;

    /// <summary>In place of a SequenceNr: what is to be written is not written.</summary>
    public const long NotWritten = -1;

    public CounterId Id => id;
    public Page Page => page;

    /// <summary>The Counter, or null while its state is being loaded.</summary>
    public IActorRef? Actor { get; set; }

    /// <summary>What waits for the Counter to be there: while it is loaded, or while the one before it ends.</summary>
    public List<ICounterMessage> Waiting { get; } = [];

    /// <summary>Slices that it was not given yet.</summary>
    public List<CounterSlice> Pending { get; } = [];

    /// <summary>Whether the actor was told to stop and has not ended yet.</summary>
    public bool IsStopping { get; set; }

    /// <summary>The SequenceNr of the last slice for it.</summary>
    public long SlicedSequenceNr { get; set; }

    /// <summary>The SequenceNr of the last slice that it applied.</summary>
    public long AppliedSequenceNr { get; set; }

    /// <summary>The SequenceNr that its row holds at, as far as this owner knows.</summary>
    public long FlushedSequenceNr { get; set; }

    /// <summary>The SequenceNr that its stored state holds at.</summary>
    public long SavedSequenceNr { get; set; }

    /// <summary>The SequenceNr up to which its rows were written before this owner met it.</summary>
    public long FlushedBefore { get; init; } = long.MaxValue;

    /// <summary>The SequenceNr of the first answer of those that a state is given in, or <see cref="NotWritten"/>.</summary>
    public long SavingSequenceNr { get; set; } = NotWritten;

    public bool IsInPendingList { get; set; }
    public bool IsInFlushList { get; set; }
    public bool IsInSaveList { get; set; }

    /// <summary>Whether rows of its parts wait for a round that writes such.</summary>
    public bool IsInPartsList { get; set; }

    /// <summary>Grows with use; what was used at a lower value was not used for longer.</summary>
    public long LastUsed { get; set; }

    /// <summary>What its slices that are not applied yet hold, in bytes.</summary>
    public long UnappliedBytes { get; set; }

    /// <summary>What is accounted for it, in bytes; 0 until its state is there.</summary>
    public long AccountedBytes { get; set; }

    /// <summary>Why it cannot be counted on: it is neither flushed nor saved until it is rebuilt.</summary>
    public string? Damage { get; set; }

    /// <summary>Whether all of it is applied, flushed and saved, so that it may be passivated.</summary>
    public bool IsClean => Actor is not null && !IsStopping && Damage is null && !IsInFlushList && !IsInSaveList
        && SlicedSequenceNr == AppliedSequenceNr && SlicedSequenceNr == FlushedSequenceNr && SlicedSequenceNr == SavedSequenceNr;

    /// <summary>Whether its stored state, or the mark that it is set aside, is not older than its last slice.</summary>
    public bool IsSaved => SavedSequenceNr == SlicedSequenceNr && SavingSequenceNr == NotWritten;

    /// <summary>What a Counter holds with its actor, in bytes.</summary>
    public static long BytesOf(long stateBytes) => stateBytes + OwnBytes;
}
