using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Simulation.Tests.Broker;
using DataLoad.Simulation.Tests.Stores;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>Watching what the store takes.</summary>
internal sealed partial class Auditor : IStoreWatch
{
    /// <summary>How long an owner that was refused may go on: what it had under way, with its tries, has ended by then.</summary>
    private const int RefusedForMs = 8000;

    /// <summary>How many deliveries may be parked beyond the limit: a batch of each stream that found room before the others were counted.</summary>
    private const int ParkedBeyondLimit = 3 * 12;

    private readonly Dictionary<Guid, int> _parked = [];
    private readonly Dictionary<int, long> _epochs = [];
    private readonly Dictionary<(int Partition, long Epoch), long> _refusedAtMs = [];
    private readonly Dictionary<RowKey, long> _rowSequenceNrs = [];
    private readonly Dictionary<RowKey, StoredRow?> _mustStay = [];

    public void OnEpoch(int partition, long epoch, bool admitted)
    {
        long current = _epochs.GetValueOrDefault(partition);

        // One at a number that was trimmed was taken by somebody before.
        bool isDue = epoch >= current && epoch > _state.PositionsOf(partition).Baseline;
        if (admitted != isDue)
        {
            _world.Fail($"Epoch {epoch} of Partition {partition} was {(admitted ? "put in force" : "refused")}, {current} is in force");
        }

        if (epoch > _lastSequenceNrs.GetValueOrDefault(partition))
        {
            _world.Fail($"Epoch {epoch} of Partition {partition} is not persisted");
        }

        if (admitted)
        {
            _epochs[partition] = epoch;
        }

        EpochRaised?.Invoke(partition);
        _world.Log("store", $"Partition {partition} Epoch {epoch}{(admitted ? "" : " refused")}");
    }

    public void OnSaved(IReadOnlyList<SnapshotWrite> writes, IReadOnlyList<int> stale)
    {
        foreach (SnapshotWrite write in writes)
        {
            if (CheckEpoch("a snapshot", write.Shard, write.Epoch, stale.Contains(write.Shard)) && write.SequenceNr > _lastSequenceNrs.GetValueOrDefault(write.Shard))
            {
                _world.Fail($"Partition {write.Shard} snapshotted at {write.SequenceNr} what is not persisted");
            }
        }
    }

    public void OnCheckpoint(int partition, long epoch, long sequenceNr, bool admitted)
    {
        if (!CheckEpoch("a checkpoint", partition, epoch, !admitted))
        {
            return;
        }

        _world.Log("store", $"Partition {partition} checkpoint {sequenceNr}");
        foreach ((RowKey key, long last) in LastOfRows(partition, sequenceNr))
        {
            if (FlushedAt(key) is var flushed && (flushed ?? 0) < last)
            {
                _world.Fail($"checkpoint {sequenceNr} of Partition {partition} passed {last} of row {key}, which is flushed at {flushed?.ToString(CultureInfo.InvariantCulture) ?? "nothing"}");
            }

            byte[] name = SnapshotKeys.Of(new CounterId(Catalog.Default.PageNamed(key.Page).Id, new TopicKey(key.TopicType, key.TopicId), key.Day));
            if (!_state.SnapshotsOf(partition, SnapshotKind.Counter).TryGetValue(name, out Snapshot? snapshot) || snapshot.SequenceNr < last)
            {
                _world.Fail($"checkpoint {sequenceNr} of Partition {partition} passed {last} of Counter {key}, which is snapshotted at {snapshot?.SequenceNr.ToString(CultureInfo.InvariantCulture) ?? "nothing"}");
            }
        }
    }

    public void OnBaseline(int partition, long epoch, long sequenceNr, bool admitted)
    {
        PartitionPositions positions = _state.PositionsOf(partition);
        if (CheckEpoch("a baseline", partition, epoch, !admitted) && sequenceNr > positions.Checkpoint)
        {
            _world.Fail($"the baseline {sequenceNr} of Partition {partition} is beyond its checkpoint {positions.Checkpoint}");
        }
    }

    public void OnFlushing(StatisticsTable table, IReadOnlyList<StatisticsRow> rows)
    {
        _mustStay.Clear();
        foreach (StatisticsRow row in rows)
        {
            if (row.Epoch != _epochs.GetValueOrDefault(row.Shard))
            {
                var key = RowKey.Of(table, row);
                _mustStay[key] = _state.RowsOf(table).GetValueOrDefault(key);
            }
        }
    }

    public void OnFlushed(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, IReadOnlyList<int> stale)
    {
        foreach ((RowKey key, StoredRow? before) in _mustStay)
        {
            if (_state.RowsOf(table).GetValueOrDefault(key) != before)
            {
                _world.Fail($"row {key} was written under a stale Epoch");
            }
        }

        foreach (StatisticsRow row in rows)
        {
            if (!CheckEpoch("a row", row.Shard, row.Epoch, stale.Contains(row.Shard)))
            {
                continue;
            }

            var key = RowKey.Of(table, row);
            long stored = _state.RowsOf(table)[key].SequenceNr;
            if (stored < _rowSequenceNrs.GetValueOrDefault(key))
            {
                _world.Fail($"row {key} went back from SequenceNr {_rowSequenceNrs[key]} to {stored}");
            }

            _rowSequenceNrs[key] = stored;
            if (row.SequenceNr > _lastSequenceNrs.GetValueOrDefault(row.Shard))
            {
                _world.Fail($"row {key} was flushed at SequenceNr {row.SequenceNr}, which is not persisted");
            }
            else if (Difference(table.Page, key, row.SequenceNr ?? 0, row.Values) is { } difference)
            {
                _world.Fail($"row {key} was flushed at SequenceNr {row.SequenceNr} with other values: {difference}");
            }
        }
    }

    public void OnParked(IReadOnlyList<ParkedDelivery> deliveries)
    {
        foreach (ParkedDelivery delivery in deliveries)
        {
            ParkedContent content = ParkedContent.Decode(delivery.Id, delivery.Message);
            if (content.Batch is { } batch)
            {
                OnBatchParked(delivery.Id, batch);
                continue;
            }

            int number = MessageContent.NumberOf(content.Properties);
            if (!_byMessage.ContainsKey(number))
            {
                _world.Fail($"a delivery {number} was parked that nobody published");
            }

            if (_parked.TryAdd(delivery.Id, number))
            {
                _world.Log("store", $"message {number} is parked");
            }
        }

        // Each node has its own account of what is parked, and a batch that finds room is stored whole.
        long limit = _scenario.Sending.MaxParked + (_scenario.Nodes * ParkedBeyondLimit);
        if (_state.Parked.Count > limit)
        {
            _world.Fail($"{_state.Parked.Count} deliveries are parked, the limit is {_scenario.Sending.MaxParked}");
        }
    }

    public void OnUnparking(IReadOnlyList<Guid> ids)
    {
        foreach (Guid id in ids)
        {
            OnUnparkingBatch(id);
            if (!_parked.TryGetValue(id, out int number) || !_state.Parked.ContainsKey(id))
            {
                continue;
            }

            _world.Log("store", $"message {number} is parked no more");
            bool isLetter = string.Equals(_state.Parked[id].Stream, Letter.Exchange, StringComparison.Ordinal);
            bool isSafe = _dead.Contains(number) || (!isLetter && (IsPersisted(_byMessage[number]) || IsLetterStored(number)));
            if (!isSafe)
            {
                _world.Fail($"lost: the parked row of message {number} ({_byMessage[number]}) is removed, and it is neither persisted nor dead");
            }
        }
    }

    private bool IsLetterStored(int number) =>
        _state.Parked.Values.Any(row => string.Equals(row.Stream, Letter.Exchange, StringComparison.Ordinal) && _parked.GetValueOrDefault(row.Id) == number);

    private void OnDeleting(string persistenceId, long through)
    {
        int partition = NumberOf(persistenceId);
        PartitionPositions positions = _state.PositionsOf(partition);
        _world.Log("journal", $"Partition {partition} is trimmed through {through}");
        if (through > positions.Baseline || through > positions.Checkpoint)
        {
            _world.Fail(
                $"Partition {partition} was trimmed through {through}, beyond its baseline {positions.Baseline} or its checkpoint {positions.Checkpoint}");
        }
    }

    /// <summary>
    /// Whether a write counts: its Epoch is the one in force. That the store says the same is part of the promise, and so is
    /// that who was refused ends.
    /// </summary>
    private bool CheckEpoch(string what, int partition, long epoch, bool refused)
    {
        bool isCurrent = epoch == _epochs.GetValueOrDefault(partition);
        if (epoch > _epochs.GetValueOrDefault(partition))
        {
            _world.Fail($"{what} of Partition {partition} was sent under Epoch {epoch} before that is in force, {_epochs.GetValueOrDefault(partition)} is");
        }

        if (isCurrent == refused)
        {
            _world.Fail($"{what} of Partition {partition} under Epoch {epoch} was {(refused ? "refused" : "written")}, {_epochs.GetValueOrDefault(partition)} is in force");
        }

        if (refused)
        {
            _lastRefusedAtMs[partition] = _world.ElapsedMs;
        }

        // Who hears of it ends; a write that lands long after its caller gave it up tells nobody.
        if (refused && !_world.IsUnheard && !_refusedAtMs.TryAdd((partition, epoch), _world.ElapsedMs) && _world.ElapsedMs > _refusedAtMs[(partition, epoch)] + RefusedForMs)
        {
            _world.Fail($"Partition {partition} goes on under the stale Epoch {epoch}: {what}");
        }

        return isCurrent;
    }
}
