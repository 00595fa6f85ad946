using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Seen;

/// <summary>The identities that a Partition persisted: business keys for good, hashes within their window. Exact. Not thread-safe.</summary>
/// <remarks>
/// A fold of the journal over stored snapshots; does no I/O: it says what has to be loaded and is given it.
/// For a batch: <see cref="Begin"/>, <see cref="Ask"/> for each event, load what <see cref="MissingKeys"/> names and then, as
/// often as it takes, what <see cref="FindMissingPages"/> asks for; then <see cref="Contains"/> answers for all events in the
/// order in which they were asked for, as long as nothing is added, sealed or let go in between.
/// </remarks>
internal sealed class SeenIdentities(SeenHashes hashes, MemoryAccount memory)
{
    private readonly Dictionary<KeyChunkId, KeyChunk> _chunks = [];
    private readonly HashSet<KeyChunkId> _missingKeys = [];
    private readonly List<KeyChunk> _changed = [];
    private UInt128[] _asked = new UInt128[64];
    private Membership[] _known = new Membership[64];
    private int _askedCount;
    private int _answered;
    private long _hashBytes;
    private long _clock;
    private long _askedAt;

    /// <summary>The hashes: sealing and merging them is between them and the Partition.</summary>
    public SeenHashes Hashes => hashes;

    /// <summary>The chunks of keys that must be supplied before the batch that asked for them is answered.</summary>
    public IReadOnlyCollection<KeyChunkId> MissingKeys => _missingKeys;

    /// <summary>The rows of hashes that must be supplied; filled by <see cref="FindMissingPages"/>.</summary>
    public MissingPages MissingPages { get; } = new();

    /// <summary>Whether chunks of keys changed since they were last taken for a snapshot.</summary>
    public bool HasChangedKeys => _changed.Count > 0;

    /// <summary>Forgets what was asked for before.</summary>
    public void Begin()
    {
        _askedCount = 0;
        _answered = 0;
        _askedAt = _clock;
    }

    /// <summary>Asks for an identity; a chunk of keys stays in memory until the block that the event joins is persisted.</summary>
    public void Ask(byte streamId, in TopicKey topic, in EventId identity)
    {
        if (identity.Kind == IdentityKind.Key)
        {
            Touch(KeyChunkId.Of(streamId, topic, identity.Value));
        }
        else if (identity.IsHash)
        {
            if (_askedCount == _asked.Length)
            {
                Array.Resize(ref _asked, _askedCount * 2);
                Array.Resize(ref _known, _askedCount * 2);
            }

            _asked[_askedCount++] = identity.Value;
        }
    }

    /// <summary>Asks for the chunk of a key that is about to be added again.</summary>
    public void Touch(in KeyChunkId id)
    {
        if (_chunks.TryGetValue(id, out KeyChunk? chunk))
        {
            chunk.LastUsed = _clock;
        }
        else
        {
            _missingKeys.Add(id);
        }
    }

    /// <summary>Takes in a chunk that was loaded.</summary>
    public void Supply(KeyChunk chunk)
    {
        _missingKeys.Remove(chunk.Id);
        chunk.LastUsed = _clock;
        _chunks.Add(chunk.Id, chunk);
        Account(chunk);
    }

    /// <summary>Takes in a chunk that was made anew from the journal: it is to be stored in the damaged one's place.</summary>
    public void SupplyRepaired(KeyChunk chunk)
    {
        Supply(chunk);
        MarkChanged(chunk);
    }

    /// <summary>Says that the chunks that are still missing are not stored: they are empty.</summary>
    public void SupplyEmpty()
    {
        foreach (KeyChunkId id in _missingKeys.ToArray())
        {
            Supply(new KeyChunk(id, new IdSet()));
        }
    }

    /// <summary>Tells what is known of the hashes that were asked for, and asks for the rows that it takes to know more.</summary>
    /// <returns>Whether rows are missing: load <see cref="MissingPages"/>, supply them to the hashes, and ask again.</returns>
    public bool FindMissingPages(long nowMs)
    {
        MissingPages.Clear();
        hashes.CollectMissing(_asked.AsSpan(0, _askedCount), nowMs, _known, MissingPages);
        return !MissingPages.IsEmpty;
    }

    /// <summary>Takes in rows of hashes that were loaded.</summary>
    /// <exception cref="SegmentDamageException">One is damaged or gone.</exception>
    public void SupplyPages(IReadOnlyList<Journaling.Snapshot> loaded)
    {
        try
        {
            hashes.Supply(MissingPages, loaded);
        }
        finally
        {
            MissingPages.Clear();
            AccountHashes();
        }
    }

    /// <summary>Whether the identity that was asked for next was persisted; in the order of asking.</summary>
    public bool Contains(byte streamId, in TopicKey topic, in EventId identity, long nowMs)
    {
        if (identity.Kind == IdentityKind.Key)
        {
            KeyChunk chunk = _chunks[KeyChunkId.Of(streamId, topic, identity.Value)];
            chunk.LastUsed = _clock;
            return chunk.Keys.Contains(KeyChunkId.Low(identity.Value));
        }

        Membership known = _known[_answered++];
        return known == Membership.Seen || (known == Membership.Unknown && hashes.Contains(identity.Value, nowMs));
    }

    /// <summary>Remembers the identity of an event that was persisted. The chunk of a key must be in memory.</summary>
    public void Add(byte streamId, in TopicKey topic, in EventId identity, long journaledAtMs)
    {
        if (identity.Kind == IdentityKind.Key)
        {
            KeyChunk chunk = _chunks[KeyChunkId.Of(streamId, topic, identity.Value)];
            if (chunk.Keys.Add(KeyChunkId.Low(identity.Value)))
            {
                MarkChanged(chunk);
            }
        }
        else if (identity.IsHash)
        {
            hashes.Add(identity.Value, journaledAtMs);
        }
    }

    /// <summary>Says that a block was added whole: chunks that its events asked for may be let go from the block after the next on.</summary>
    public void BlockAdded() => _clock++;

    /// <summary>Takes the chunks that changed, to be encoded and stored; they change again from then on.</summary>
    public List<KeyChunk> TakeChanged()
    {
        List<KeyChunk> changed = [.. _changed];
        _changed.Clear();
        return changed;
    }

    /// <summary>Counts what is held anew: what grew since it was supplied.</summary>
    public void Account()
    {
        foreach (KeyChunk chunk in _changed)
        {
            Account(chunk);
        }

        AccountHashes();
    }

    /// <summary>Lets go of pages and directories of hashes, those not used for longest first.</summary>
    public void PassivateHashes(long bytesToFree)
    {
        hashes.Passivate(bytesToFree);
        AccountHashes();
    }

    /// <summary>Lets go of stored chunks of keys, those not used for longest first, until the Partition holds no more than that.</summary>
    public void PassivateKeys(long goalBytes)
    {
        if (memory.Bytes <= goalBytes)
        {
            return;
        }

        // A block that is not added yet may need its chunks: there are at most two, and one of them asked a tick ago. So may
        // what is considered now, however many blocks were added while it waited for what it misses.
        long needed = Math.Min(_clock - 1, _askedAt);
        IEnumerable<KeyChunk> idle = _chunks.Values.Where(chunk => !chunk.IsDirty && !chunk.IsSaving && chunk.LastUsed < needed);
        foreach (KeyChunk chunk in idle.OrderBy(chunk => chunk.LastUsed).ToList())
        {
            if (memory.Bytes <= goalBytes)
            {
                return;
            }

            _chunks.Remove(chunk.Id);
            memory.Add(-chunk.AccountedBytes);
        }
    }

    /// <summary>Counts what a chunk holds.</summary>
    public void Account(KeyChunk chunk)
    {
        memory.Add(chunk.ResidentBytes - chunk.AccountedBytes);
        chunk.AccountedBytes = chunk.ResidentBytes;
    }

    private void MarkChanged(KeyChunk chunk)
    {
        if (!chunk.IsDirty)
        {
            chunk.IsDirty = true;
            _changed.Add(chunk);
        }
    }

    private void AccountHashes()
    {
        long bytes = hashes.ResidentBytes;
        memory.Add(bytes - _hashBytes);
        _hashBytes = bytes;
    }
}
