using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding.Seen;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// What a shard holds in memory: a fold of its journal over stored snapshots. Single-threaded, does no I/O: it says
/// what has to be loaded and is given it.
/// </summary>
internal sealed class ShardState(CountingPlan plan, SeenHashes hashes, MemoryBudget budget)
{
    private const long NewCounterBytes = 2048;

    private readonly Dictionary<CounterId, CounterSlot> _counters = [];
    private readonly Dictionary<KeyChunkId, KeyChunk> _keys = [];
    private long _hashBytes;

    /// <summary>Counters to flush, each once.</summary>
    public List<CounterSlot> FlushList { get; } = [];

    /// <summary>Counters to snapshot, each once.</summary>
    public List<CounterSlot> SnapshotList { get; } = [];

    /// <summary>Key chunks to snapshot, each once.</summary>
    public List<KeyChunk> KeyList { get; } = [];

    public SeenHashes Hashes => hashes;

    public long AppliedSequenceNr { get; set; }

    /// <summary>Grows with use; what was used at a lower value rested longer.</summary>
    public long Clock { get; set; }

    public long ResidentBytes { get; private set; }

    public int CounterCount => _counters.Count;

    /// <summary>
    /// What one more Counter may take in memory, with its seen identities: what one takes on average, and at least what a
    /// new one does once its first events are applied.
    /// </summary>
    public long BytesOfACounter => Math.Max(NewCounterBytes, ResidentBytes / Math.Max(1, _counters.Count));

    public IEnumerable<CounterSlot> Counters => _counters.Values;

    public CounterSlot? Find(in CounterId id) => _counters.GetValueOrDefault(id);

    /// <summary>Keeps a Counter in memory until the block that its event joins is applied.</summary>
    /// <returns>Whether it is in memory.</returns>
    public bool Touch(in CounterId id)
    {
        if (!_counters.TryGetValue(id, out CounterSlot? slot))
        {
            return false;
        }

        slot.LastUsed = Clock;
        return true;
    }

    /// <summary>Whether a Counter is in memory.</summary>
    public bool Holds(in CounterId id) => _counters.ContainsKey(id);

    /// <summary>Keeps a chunk of keys in memory, as <see cref="Touch(in CounterId)"/> does a Counter.</summary>
    public bool Touch(in KeyChunkId id)
    {
        if (!_keys.TryGetValue(id, out KeyChunk? chunk))
        {
            return false;
        }

        chunk.LastUsed = Clock;
        return true;
    }

    /// <summary>Whether a key is among those journaled; its chunk must be resident.</summary>
    public bool ContainsKey(byte streamId, in TopicKey topic, UInt128 key)
    {
        KeyChunk chunk = _keys[KeyChunkId.Of(streamId, topic, key)];
        chunk.LastUsed = Clock;
        return chunk.Keys.Contains(KeyChunkId.Low(key));
    }

    /// <summary>Takes in a Counter that was loaded, or an empty one where there is no snapshot.</summary>
    public CounterSlot Supply(Counter counter, string? damage = null)
    {
        var slot = new CounterSlot(counter)
        {
            SnapshotSequenceNr = counter.SequenceNr,
            FlushedSequenceNr = counter.SequenceNr,
            LastUsed = Clock,
            Damage = damage,
        };
        _counters.Add(counter.Id, slot);
        Account(slot);
        return slot;
    }

    /// <summary>Takes in a chunk of keys that was loaded, or an empty one where there is none.</summary>
    public void Supply(KeyChunk chunk)
    {
        chunk.LastUsed = Clock;
        _keys.Add(chunk.Id, chunk);
        Account(chunk);
    }

    public KeyChunk SupplyEmpty(KeyChunkId id)
    {
        var chunk = new KeyChunk(id, new IdSet());
        Supply(chunk);
        return chunk;
    }

    /// <summary>Applies one journaled event. Its Counter and its chunk of keys must be resident.</summary>
    /// <returns>The Counter's slot.</returns>
    public CounterSlot Apply(BusinessEvent @event, long sequenceNr, long journaledAtMs)
    {
        Remember(@event, journaledAtMs);
        Page page = plan.PageByStream[@event.Stream.Id];
        CounterSlot slot = _counters[new CounterId(page.Id, @event.Topic, @event.Day)];
        slot.LastUsed = Clock;
        if (slot.Damage is null)
        {
            try
            {
                if (slot.Counter.Apply(plan, @event, sequenceNr))
                {
                    MarkChanged(slot);
                }
            }
            catch (OverflowException)
            {
                MarkChanged(slot);
                slot.Damage = $"A sum of Counter {slot.Counter.Id} passed {Counter.MaxSum} at SequenceNr {sequenceNr}. Run 'dataload rebuild' for its topic once the cause is gone.";
            }
        }

        AppliedSequenceNr = sequenceNr;
        return slot;
    }

    public void MarkChanged(CounterSlot slot)
    {
        MarkForFlush(slot);
        if (!slot.IsInSnapshotList)
        {
            slot.IsInSnapshotList = true;
            SnapshotList.Add(slot);
        }
    }

    public void MarkForFlush(CounterSlot slot)
    {
        if (!slot.IsInFlushList)
        {
            slot.IsInFlushList = true;
            FlushList.Add(slot);
        }
    }

    public void Account(CounterSlot slot)
    {
        long bytes = slot.Counter.ResidentBytes + 200;
        AddBytes(bytes - slot.AccountedBytes);
        slot.AccountedBytes = bytes;
    }

    public void Account(KeyChunk chunk)
    {
        AddBytes(chunk.ResidentBytes - chunk.AccountedBytes);
        chunk.AccountedBytes = chunk.ResidentBytes;
    }

    public void AccountHashes()
    {
        long bytes = hashes.ResidentBytes;
        AddBytes(bytes - _hashBytes);
        _hashBytes = bytes;
    }

    /// <summary>Drops what rested longest and is written, until so many bytes are free or nothing more can go.</summary>
    public void Passivate(long bytesToFree)
    {
        if (bytesToFree <= 0)
        {
            return;
        }

        long goal = ResidentBytes - bytesToFree;
        hashes.Passivate(bytesToFree);
        AccountHashes();
        foreach (CounterSlot slot in _counters.Values.Where(slot => (slot.IsClean || Fault.Is(FaultPoint.PassivatesUnkept)) && !IsNeeded(slot.LastUsed)).OrderBy(slot => slot.LastUsed).ToList())
        {
            if (ResidentBytes <= goal)
            {
                break;
            }

            _counters.Remove(slot.Counter.Id);
            AddBytes(-slot.AccountedBytes);
        }

        foreach (KeyChunk chunk in _keys.Values.Where(chunk => !chunk.IsDirty && !chunk.IsSaving && !IsNeeded(chunk.LastUsed)).OrderBy(chunk => chunk.LastUsed).ToList())
        {
            if (ResidentBytes <= goal)
            {
                break;
            }

            _keys.Remove(chunk.Id);
            AddBytes(-chunk.AccountedBytes);
        }
    }

    /// <summary>Gives back the whole budget that is held.</summary>
    public void Release() => AddBytes(-ResidentBytes);

    /// <summary>
    /// Whether a block that is not applied yet may need it. The clock ticks when a block is applied, and there are at
    /// most two that are not: the one in flight may have been touched a tick ago.
    /// </summary>
    private bool IsNeeded(long lastUsed) => lastUsed >= Clock - 1;

    private void Remember(BusinessEvent @event, long journaledAtMs)
    {
        EventId identity = @event.Identity;
        if (identity.Kind == IdentityKind.Key)
        {
            KeyChunk chunk = _keys[KeyChunkId.Of(@event.Stream.Id, @event.Topic, identity.Value)];
            if (chunk.Keys.Add(KeyChunkId.Low(identity.Value)) && !chunk.IsDirty)
            {
                chunk.IsDirty = true;
                KeyList.Add(chunk);
            }
        }
        else if (identity.IsHash)
        {
            hashes.Add(identity.Value, journaledAtMs);
        }
    }

    private void AddBytes(long bytes)
    {
        ResidentBytes += bytes;
        budget.Add(bytes);
    }
}
