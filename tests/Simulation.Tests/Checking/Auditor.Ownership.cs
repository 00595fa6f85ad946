using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Simulation.Tests.Stores;

namespace DataLoad.Simulation.Tests.Checking;

/// <summary>Watching who owns a Partition: what is started again, what becomes of who was refused, and what is promised to who asks.</summary>
internal sealed partial class Auditor
{
    /// <summary>How long after its refusal an owner has been told of it, once nothing goes wrong any more.</summary>
    private const int ToldAfterMs = 1500;

    /// <summary>For how long a refusal may still reach another owner in the same process, since writes of a node are told together.</summary>
    private const int RefusalLastsMs = 5000;

    private readonly Dictionary<int, List<long>> _ownedEpochs = [];
    private readonly Dictionary<(int Partition, string Supervisor), int> _ownedBy = [];
    private readonly Dictionary<(int Partition, string Node), int> _endings = [];
    private readonly Dictionary<(int Partition, string Node), int> _failedWrites = [];
    private readonly Dictionary<int, long> _lastRefusedAtMs = [];

    /// <summary>Told of a Partition just after an owner asked for its Epoch to be in force.</summary>
    public Action<int>? EpochRaised { get; set; }

    /// <summary>The SequenceNr of the last entry that a Partition persisted.</summary>
    public long LastSequenceNr(int partition) => _lastSequenceNrs.GetValueOrDefault(partition);

    /// <summary>How many writes of a Partition's failed in a node: each ends the incarnation that it was of.</summary>
    public int FailedWrites(int partition, string node) => _failedWrites.GetValueOrDefault((partition, node));

    /// <summary>A Partition's actor is stopped without its supervisor knowing: it is started again.</summary>
    public void OnActorStopped(int partition, string node) => Count(_endings, (partition, node));

    /// <summary>A Partition in a node says what it is doing, after a while in which nothing went wrong.</summary>
    /// <param name="status">What it says.</param>
    /// <param name="node">The node.</param>
    /// <param name="heldUntilMs">When the node's process went on that was held, after the start of the world's clock.</param>
    public void OnStatusAtRest(PartitionStatus status, string node, long heldUntilMs)
    {
        bool wasTold = _refusedAtMs.TryGetValue((status.Partition, status.Epoch), out long atMs)
            && _world.ElapsedMs > Math.Max(atMs, heldUntilMs) + ToldAfterMs;
        if (wasTold && status.Phase != PartitionPhase.Stopped)
        {
            _world.Fail($"Partition {status.Partition} goes on at {node} under Epoch {status.Epoch}, as {status.Phase}, though it was refused");
        }
    }

    /// <summary>A Partition that was serving has stopped in order, within its time.</summary>
    /// <param name="partition">The Partition.</param>
    /// <param name="node">Where it was.</param>
    /// <param name="epoch">The Epoch that it was owned under.</param>
    /// <param name="askedAtMs">When it was told to stop.</param>
    /// <param name="failedWrites">How many of its writes had failed by then.</param>
    public void OnStoppedInOrder(int partition, string node, long epoch, long askedAtMs, int failedWrites)
    {
        // Who lost the Partition, or the outcome of a write, meanwhile has nothing to finish.
        bool isOwner = _ownedEpochs[partition][^1] == epoch
            && FailedWrites(partition, node) == failedWrites
            && !(_lastRefusedAtMs.TryGetValue(partition, out long refusedAtMs) && refusedAtMs >= askedAtMs - RefusalLastsMs);
        if (isOwner && Unwritten(partition, LastSequenceNr(partition), withCheckpoint: true) is { } unwritten)
        {
            _world.Fail($"Partition {partition} stopped in order at {node}, and {unwritten}");
        }
    }

    /// <summary>A Partition answers that it is done with what an operator asked it for.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="epoch">The Epoch of the incarnation that was asked.</param>
    /// <param name="throughSequenceNr">The last entry that was persisted when it was asked.</param>
    public void OnAnswer(IPartitionMessage request, object answer, long epoch, long throughSequenceNr)
    {
        // What its successors persisted, it does not know of.
        long successor = _ownedEpochs[request.Partition].Find(other => other > epoch);
        long through = successor > 0 ? Math.Min(throughSequenceNr, successor - 1) : throughSequenceNr;
        string? missing = request is SaveCounters save ? Unsaved(save, through) : Unwritten(request.Partition, through, withCheckpoint: request is not FlushNow);
        if (missing is { } unwritten)
        {
            _world.Fail($"Partition {request.Partition} under Epoch {epoch} answers {request.GetType().Name} with {answer.GetType().Name}, and {unwritten}");
        }

        if (successor == 0 && answer is Rebuilt rebuilt && (rebuilt.Corrected > 0 || rebuilt.Removed > 0 || rebuilt.Damage is not null))
        {
            _world.Fail($"nothing is amiss, and a rebuild says: {rebuilt}");
        }
    }

    private void OnWriteFailed(string persistenceId, string node, bool isConflict)
    {
        Count(_failedWrites, (NumberOf(persistenceId), node));
        if (!isConflict)
        {
            Count(_endings, (NumberOf(persistenceId), node));
        }
    }

    /// <summary>An incarnation owns the Partition. Its supervisor starts another only after a failure: one that was refused is not started again.</summary>
    private void OnOwned(int partition, long epoch, string supervisor)
    {
        if (!_ownedEpochs.TryGetValue(partition, out List<long>? epochs))
        {
            _ownedEpochs.Add(partition, epochs = []);
        }

        epochs.Add(epoch);
        Count(_ownedBy, (partition, supervisor));
        string node = supervisor[..supervisor.IndexOf('/', StringComparison.Ordinal)];
        int times = _ownedBy[(partition, supervisor)];
        if (times > 1 + _endings.GetValueOrDefault((partition, node)))
        {
            _world.Fail($"Partition {partition} is owned by {supervisor} again, {times} times by now, though nothing failed that would have it started again");
        }
    }

    /// <summary>What of a Partition's events is not in the rows, or not behind the checkpoint; null where all is.</summary>
    private string? Unwritten(int partition, long throughSequenceNr, bool withCheckpoint)
    {
        foreach ((RowKey key, long last) in LastOfRows(partition, throughSequenceNr))
        {
            if (FlushedAt(key) is var flushed && (flushed ?? 0) < last)
            {
                return $"{last} of row {key} is persisted, which is flushed at {flushed?.ToString(CultureInfo.InvariantCulture) ?? "nothing"}";
            }

            if (withCheckpoint && _state.PositionsOf(partition).Checkpoint is var checkpoint && checkpoint < last)
            {
                return $"{last} of row {key} is persisted, and its checkpoint is {checkpoint}";
            }
        }

        return null;
    }

    /// <summary>What of the Counters that were to be saved is not in the store; null where all is.</summary>
    private string? Unsaved(SaveCounters request, long throughSequenceNr)
    {
        foreach ((RowKey key, long last) in LastOfRows(request.Partition, throughSequenceNr))
        {
            if (key.Table.Page.Id != request.Page || key.Table.Breakdown is not null)
            {
                continue;
            }

            var id = new CounterId(request.Page, new TopicKey(key.TopicType, key.TopicId), key.Day);
            long? saved = _state.SnapshotsOf(request.Partition, SnapshotKind.Counter).GetValueOrDefault(SnapshotKeys.Of(id))?.SequenceNr;
            if ((saved ?? 0) < last)
            {
                return $"{last} of Counter {id} was taken in, which is saved at {saved?.ToString(CultureInfo.InvariantCulture) ?? "nothing"}";
            }
        }

        return null;
    }

    /// <summary>A Partition's rows, each with the SequenceNr of the last entry up to a bound that counts for it.</summary>
    private IEnumerable<(RowKey Key, long SequenceNr)> LastOfRows(int partition, long throughSequenceNr)
    {
        foreach ((RowKey key, List<Entry> entries) in _entries)
        {
            long last = entries.Where(entry => entry.SequenceNr <= throughSequenceNr).Select(entry => entry.SequenceNr).DefaultIfEmpty(0).Max();
            if (last > 0 && new TopicKey(key.TopicType, key.TopicId).ShardOf(_scenario.Partitions.Partitions) == partition)
            {
                yield return (key, last);
            }
        }
    }

    private long? FlushedAt(in RowKey key) => _state.RowsOf(key.Table).GetValueOrDefault(key)?.SequenceNr;

    private static void Count<TKey>(Dictionary<TKey, int> counts, TKey key)
        where TKey : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static int NumberOf(string persistenceId) => int.Parse(persistenceId, CultureInfo.InvariantCulture);
}
