using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Sharding.Seen;

namespace DataLoad.Engine.Sharding;

/// <summary>Taking batches from the mailbox: loading what they touch, and telling new events from duplicates.</summary>
internal sealed partial class Shard
{
    private readonly List<ShardBatch> _arrived = [];
    private readonly HashSet<CounterId> _missingCounters = [];
    private readonly HashSet<KeyChunkId> _missingKeys = [];
    private readonly MissingPages _missingPages = new();

    // Whether the store may hold Counters and seen keys of this shard: while it holds none, as at the first start, each
    // new topic would ask for them in vain.
    private bool _hasStoredCounters;
    private bool _hasStoredKeys;
    private UInt128[] _hashes = new UInt128[64];
    private Membership[] _memberships = new Membership[64];
    private int _hashCount;
    private int _hashesAsked;

    private bool MayAccept => (_open.IsEmpty || _open.Writer.Length < _context.Settings.MaxBlockBytes) && !IsPressed && !HasCommands;

    private async ValueTask<bool> AcceptArrivedAsync(CancellationToken cancellationToken)
    {
        if (!MayAccept || _mailbox.Reader.Count == 0)
        {
            return false;
        }

        TakeArrived();
        await LoadTouchedAsync(cancellationToken).ConfigureAwait(false);
        if (_open.IsEmpty)
        {
            _open.Start(_lease.Shard, _nextSequenceNr, NowMs);
        }

        foreach (ShardBatch batch in _arrived)
        {
            Accept(batch);
        }

        _arrived.Clear();
        return true;
    }

    /// <summary>
    /// Takes batches from the mailbox, as many as a block has room for and the budget for the Counters that they need
    /// loaded; one at least, so that a budget that is too small slows the shard and does not stop it.
    /// </summary>
    private void TakeArrived()
    {
        long room = Math.Max(0, -_context.Budget.OverBytes) / _context.Settings.Shards;
        long each = _state.BytesOfACounter;
        int payload = 0;
        int items = 0;
        int missing = 0;
        int looked = 0;
        while (payload < _context.Settings.MaxBlockBytes && missing * each <= room && _mailbox.Reader.TryRead(out ShardBatch? batch))
        {
            _arrived.Add(batch);
            payload += batch.PayloadBytes;
            items += batch.Items.Length;

            // Looked for only where it could be too much if all were missing.
            while (items * each > room && looked < _arrived.Count)
            {
                missing += CountMissing(_arrived[looked++]);
            }
        }
    }

    private int CountMissing(ShardBatch batch)
    {
        int missing = 0;
        foreach (ref readonly ShardItem item in batch.Items)
        {
            missing += _state.Holds(item.CounterId) ? 0 : 1;
        }

        return missing;
    }

    private void Accept(ShardBatch batch)
    {
        int duplicates = 0;
        ReadOnlySpan<ShardItem> items = batch.Items;
        foreach (ref readonly ShardItem item in items)
        {
            Membership known = item.Identity.IsHash ? _memberships[_hashesAsked++] : Membership.Unknown;
            if (item.Identity.Exists && IsDuplicate(item, known))
            {
                duplicates++;
                _duplicates[item.StreamId]++;
                continue;
            }

            if (!item.Identity.Exists)
            {
                _unidentified[item.StreamId]++;
            }

            _open.Add(item, batch.Payload(item));
            _nextSequenceNr++;
        }

        CountOddities();
        if (Fault.Is(FaultPoint.AckBeforeCommit))
        {
            batch.Sink.Complete(batch.Tags);
        }

        if (duplicates == items.Length && Fault.Is(FaultPoint.DuplicateDoneBeforeCommit))
        {
            Finish(batch);
            return;
        }

        if (duplicates < items.Length || !_open.IsEmpty)
        {
            _open.Batches.Add(batch);
        }
        else if (_commit is not null)
        {
            // All duplicates, perhaps of events in flight: what they duplicate must be durable before they are done.
            _inFlight.Batches.Add(batch);
        }
        else
        {
            Finish(batch);
        }
    }

    private bool IsDuplicate(in ShardItem item, Membership known)
    {
        if ((_open.Contains(item) || (_commit is not null && _inFlight.Contains(item))) && !Fault.Is(FaultPoint.NoDedupeInFlight))
        {
            return true;
        }

        return item.Identity.Kind == IdentityKind.Key
            ? _state.ContainsKey(item.StreamId, item.Topic, item.Identity.Value)
            : known == Membership.Seen || (known == Membership.Unknown && _state.Hashes.Contains(item.Identity.Value, NowMs));
    }

    /// <summary>Loads the Counters and seen identities that the arrived batches touch, in one round trip for each kind.</summary>
    private async ValueTask LoadTouchedAsync(CancellationToken cancellationToken)
    {
        _hashCount = 0;
        _hashesAsked = 0;
        foreach (ShardBatch batch in _arrived)
        {
            foreach (ref readonly ShardItem item in batch.Items)
            {
                Touch(item.StreamId, item.CounterId, item.Identity);
                if (item.Identity.IsHash)
                {
                    AddHash(item.Identity.Value);
                }
            }
        }

        await LoadMissingAsync(cancellationToken).ConfigureAwait(false);

        // A page may be known to be missing only once its directory is there, so this may take two rounds. What the
        // last one tells holds until the batches are accepted, since nothing is applied, sealed or let go in between.
        long now = NowMs;
        while (true)
        {
            _state.Hashes.CollectMissing(_hashes.AsSpan(0, _hashCount), now, _memberships, _missingPages);
            if (_missingPages.IsEmpty)
            {
                return;
            }

            await LoadPagesAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void AddHash(UInt128 hash)
    {
        if (_hashCount == _hashes.Length)
        {
            Array.Resize(ref _hashes, _hashCount * 2);
            Array.Resize(ref _memberships, _hashCount * 2);
        }

        _hashes[_hashCount++] = hash;
    }

    private void Touch(byte streamId, in CounterId counter, in EventId identity)
    {
        if (!_state.Touch(counter))
        {
            _missingCounters.Add(counter);
        }

        if (identity.Kind == IdentityKind.Key)
        {
            KeyChunkId chunk = KeyChunkId.Of(streamId, counter.Topic, identity.Value);
            if (!_state.Touch(chunk))
            {
                _missingKeys.Add(chunk);
            }
        }
    }

    private async ValueTask LoadMissingAsync(CancellationToken cancellationToken)
    {
        if (_missingCounters.Count > 0)
        {
            if (_hasStoredCounters)
            {
                byte[][] keys = [.. _missingCounters.Select(id => SnapshotKeys.Of(id))];
                foreach (Snapshot snapshot in await LoadAsync(SnapshotKind.Counter, keys, cancellationToken).ConfigureAwait(false))
                {
                    CounterId id = SnapshotKeys.CounterId(snapshot.Key);
                    _missingCounters.Remove(id);
                    SupplyCounter(id, snapshot);
                }
            }

            foreach (CounterId id in _missingCounters)
            {
                _state.Supply(new Counter(id, PageOf(id)));
            }

            _missingCounters.Clear();
        }

        if (_missingKeys.Count > 0)
        {
            if (_hasStoredKeys)
            {
                byte[][] keys = [.. _missingKeys.Select(id => id.SnapshotKey())];
                foreach (Snapshot snapshot in await LoadAsync(SnapshotKind.SeenKeys, keys, cancellationToken).ConfigureAwait(false))
                {
                    KeyChunkId id = KeyChunkId.Parse(snapshot.Key);
                    _missingKeys.Remove(id);
                    await SupplyKeysAsync(id, snapshot, cancellationToken).ConfigureAwait(false);
                }
            }

            foreach (KeyChunkId id in _missingKeys)
            {
                _state.SupplyEmpty(id);
            }

            _missingKeys.Clear();
        }
    }

    private void SupplyCounter(CounterId id, Snapshot snapshot)
    {
        try
        {
            _state.Supply(Fault.Is(FaultPoint.LateEventOverwrites) ? new Counter(id, PageOf(id)) : CounterCodec.Decode(id, PageOf(id), snapshot.Bytes));
        }
        catch (StoredFormatException e)
        {
            // One damaged Counter does not stop the others: its events go on being journaled, and a rebuild mends it.
            CounterSlot slot = _state.Supply(new Counter(id, PageOf(id)), SnapshotFault.At(Number, SnapshotKind.Counter, snapshot.SequenceNr, e).Message);
            ReportDamage(slot);
        }
    }

    private async ValueTask LoadPagesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Snapshot> loaded = await LoadAsync(SnapshotKind.SeenHashes, _missingPages.Keys, cancellationToken).ConfigureAwait(false);
        try
        {
            _state.Hashes.Supply(_missingPages, loaded);
        }
        catch (SegmentDamageException e)
        {
            await MendHashesAsync(e, cancellationToken).ConfigureAwait(false);
        }

        _missingPages.Clear();
        _state.AccountHashes();
    }

    private async ValueTask<IReadOnlyList<Snapshot>> LoadAsync(SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                return await _context.Snapshots.LoadAsync(_lease.Shard, kind, keys, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                TimeSpan wait = _context.Backoff.After(failures);
                ShardingLog.LoadFailed(_context.Logger, _lease.Shard, failures, wait, e.Message);
                await Task.Delay(wait, _context.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private Contract.Page PageOf(in CounterId id) => _context.Plan.Catalog.PageById(id.PageId)
        ?? throw new StoredFormatException($"Shard {_lease.Shard} holds a Counter of page number {id.PageId}, which is not in this program's catalog.");

    private long NowMs => _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
}
