using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Simulation.Broker;
using DataLoad.Simulation.Scenarios;
using DataLoad.Simulation.Stores;

namespace DataLoad.Simulation.Checking;

/// <summary>Watching what the store takes.</summary>
internal sealed partial class Auditor : IStoreWatch
{
    private readonly Dictionary<Guid, int> _parked = [];
    private readonly List<(RowKey Key, long? SequenceNr, long[] Values)> _mustStay = [];

    public void OnAcquired(NodeInfo node, IReadOnlyList<ShardLease> granted)
    {
        foreach (ShardLease lease in granted)
        {
            if (lease.Epoch < _epochs.GetValueOrDefault(lease.Shard))
            {
                _world.Fail($"the epoch of shard {lease.Shard} went back to {lease.Epoch}");
            }

            _epochs[lease.Shard] = lease.Epoch;
        }

        if (granted.Count > 0)
        {
            Owner = node.Id;
            _world.Log(node.Id, $"owns {granted.Count} shards, epoch {granted[0].Epoch}");
        }
    }

    public void OnAppended(IReadOnlyList<JournalBlock> blocks, IReadOnlyList<int> stale)
    {
        foreach (JournalBlock block in blocks)
        {
            if (CheckEpoch("a block", block.Shard, block.Epoch, stale.Contains(block.Shard)) && _blocks.TryAdd((block.Shard, block.FirstSequenceNr), block))
            {
                long last = _lastSequenceNrs.GetValueOrDefault(block.Shard);
                if (block.FirstSequenceNr != last + 1)
                {
                    _world.Fail($"shard {block.Shard} journaled {block.FirstSequenceNr} after {last}");
                }

                _lastSequenceNrs[block.Shard] = block.LastSequenceNr;
                Account(block);
            }
        }
    }

    public void OnTrimmed(int shard, long epoch, long throughSequenceNr, bool admitted)
    {
        CheckEpoch("a trim", shard, epoch, !admitted);
        if (admitted && throughSequenceNr > _state.CheckpointOf(shard).SequenceNr)
        {
            _world.Fail($"shard {shard} was trimmed through {throughSequenceNr}, beyond its checkpoint {_state.CheckpointOf(shard).SequenceNr}");
        }
    }

    public void OnSaved(IReadOnlyList<SnapshotWrite> writes, IReadOnlyList<int> stale)
    {
        foreach (SnapshotWrite write in writes)
        {
            if (CheckEpoch("a snapshot", write.Shard, write.Epoch, stale.Contains(write.Shard)) && write.SequenceNr > _lastSequenceNrs.GetValueOrDefault(write.Shard))
            {
                _world.Fail($"shard {write.Shard} snapshotted at {write.SequenceNr} what is not journaled");
            }
        }
    }

    public void OnCheckpoint(int shard, long epoch, long sequenceNr, bool admitted)
    {
        if (!CheckEpoch("a checkpoint", shard, epoch, !admitted))
        {
            return;
        }

        _world.Log("store", $"shard {shard} checkpoint {sequenceNr}");
        foreach ((RowKey key, List<Entry> entries) in _entries)
        {
            long last = entries.Where(entry => entry.SequenceNr <= sequenceNr).Select(entry => entry.SequenceNr).DefaultIfEmpty(0).Max();
            var topic = new TopicKey(key.TopicType, key.TopicId);
            if (last == 0 || topic.ShardOf(_scenario.Settings.Sharding.Shards) != shard)
            {
                continue;
            }

            Page page = Catalog.Default.PageNamed(key.Page);
            if (!_state.Table(page).Rows.TryGetValue(new MemoryKey(key.TopicType, key.TopicId, key.Day), out (long? SequenceNr, long[] Values) row) || row.SequenceNr < last)
            {
                _world.Fail($"checkpoint {sequenceNr} of shard {shard} passed {last} of row {key}, which is flushed at {row.SequenceNr?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nothing"}");
            }

            byte[] name = SnapshotKeys.Of(new CounterId(page.Id, topic, key.Day));
            if (!_state.Snapshots.TryGetValue((shard, SnapshotKind.Counter), out SortedList<byte[], Snapshot>? kept)
                || !kept.TryGetValue(name, out Snapshot? snapshot) || snapshot.SequenceNr < last)
            {
                _world.Fail($"checkpoint {sequenceNr} of shard {shard} passed {last} of Counter {key}, which is not snapshotted there");
            }
        }
    }

    public void OnFlushing(Page page, IReadOnlyList<StatisticsRow> rows)
    {
        _mustStay.Clear();
        foreach (StatisticsRow row in rows)
        {
            if (row.Epoch != _epochs.GetValueOrDefault(row.Shard))
            {
                RowKey key = KeyOf(page, row);
                bool exists = _state.Table(page).Rows.TryGetValue(MemoryKey.Of(row), out (long? SequenceNr, long[] Values) stored);
                _mustStay.Add((key, exists ? stored.SequenceNr : null, exists ? stored.Values : []));
            }
        }
    }

    public void OnFlushed(Page page, IReadOnlyList<StatisticsRow> rows, IReadOnlyList<int> stale)
    {
        foreach ((RowKey key, long? sequenceNr, long[] values) in _mustStay)
        {
            bool exists = _state.Table(page).Rows.TryGetValue(new MemoryKey(key.TopicType, key.TopicId, key.Day), out (long? SequenceNr, long[] Values) now);
            if (exists != sequenceNr.HasValue || (exists && !now.Values.AsSpan().SequenceEqual(values)))
            {
                _world.Fail($"row {key} was written under a stale epoch");
            }
        }

        foreach (StatisticsRow row in rows)
        {
            if (!CheckEpoch("a row", row.Shard, row.Epoch, stale.Contains(row.Shard)))
            {
                continue;
            }

            RowKey key = KeyOf(page, row);
            (long? stored, _) = _state.Table(page).Rows[MemoryKey.Of(row)];
            if (stored < _rowSequenceNrs.GetValueOrDefault(key))
            {
                _world.Fail($"row {key} went back from SequenceNr {_rowSequenceNrs[key]} to {stored}");
            }

            _rowSequenceNrs[key] = stored ?? 0;
            if (row.SequenceNr > _lastSequenceNrs.GetValueOrDefault(row.Shard))
            {
                _world.Fail($"row {key} was flushed at SequenceNr {row.SequenceNr}, which is not journaled");
            }
            else if (Difference(page, key, row.SequenceNr ?? 0, row.Values) is { } difference)
            {
                _world.Fail($"row {key} was flushed at SequenceNr {row.SequenceNr} with other values: {difference}");
            }
        }
    }

    public void OnParked(IReadOnlyList<ParkedDelivery> deliveries)
    {
        foreach (ParkedDelivery delivery in deliveries)
        {
            int number = Message.NumberOf(ParkedMessage.Decode(delivery.Id, delivery.Message).Properties);
            if (!_byMessage.ContainsKey(number))
            {
                _world.Fail($"a delivery {number} was parked that nobody published");
            }

            if (_parked.TryAdd(delivery.Id, number))
            {
                _world.Log("store", $"message {number} is parked");
            }
        }

        long limit = _scenario.Settings.Intake.MaxParked + (17L * _scenario.Settings.Intake.MaxBatch);
        if (_state.Parked.Count > limit)
        {
            _world.Fail($"{_state.Parked.Count} deliveries are parked, the limit is {_scenario.Settings.Intake.MaxParked}");
        }
    }

    public void OnUnparking(IReadOnlyList<Guid> ids)
    {
        foreach (Guid id in ids)
        {
            if (!_parked.TryGetValue(id, out int number))
            {
                continue;
            }

            _world.Log("store", $"message {number} is parked no more");
            if (!IsJournaled(_byMessage[number]) && !_dead.ContainsKey(number))
            {
                _world.Fail($"lost: the parked row of message {number} ({_byMessage[number]}) is removed, and it is neither journaled nor dead");
            }
        }
    }

    private static RowKey KeyOf(Page page, StatisticsRow row) => new(page.Name, row.TopicType, row.TopicId, row.Day);

    /// <summary>Whether a write counts: its epoch is the current one. That the store says the same is part of the promise.</summary>
    private bool CheckEpoch(string what, int shard, long epoch, bool refused)
    {
        bool isCurrent = epoch == _epochs.GetValueOrDefault(shard);
        if (isCurrent == refused)
        {
            _world.Fail($"{what} of shard {shard} under epoch {epoch} was {(refused ? "refused" : "written")}, the epoch is {_epochs.GetValueOrDefault(shard)}");
        }

        return isCurrent;
    }
}
