using System.Collections.Concurrent;

namespace DataLoad.Engine.Partitions;

/// <summary>What the Partitions say of themselves: those of this node written by them, those of others as they answered last; read by anyone who shows it.
/// What fails outlives a Partition that was stopped by it, until it is known to be over. Thread-safe.</summary>
public sealed class PartitionRegistry
{
    /// <summary>How long it is remembered that a Partition was taken over: one that is taken again within it waits ever longer before it starts.</summary>
    public static readonly TimeSpan LossMemory = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<int, PartitionStatus> _statuses = new();
    private readonly ConcurrentDictionary<int, PartitionStatus> _elsewhere = new();
    private readonly ConcurrentDictionary<int, PartitionStatus> _left = new();
    private readonly ConcurrentDictionary<int, (int Count, long LastMs)> _losses = new();
    private readonly ConcurrentDictionary<int, (long SequenceNr, long AtMs)> _refused = new();
    private readonly ConcurrentDictionary<int, string> _persistFailures = new();
    private readonly ConcurrentDictionary<int, string> _damages = new();
    private readonly ConcurrentDictionary<string, string> _writers = new(StringComparer.Ordinal);
    private long _takenCount;
    private long _givenUpCount;
    private long _lossCount;

    /// <summary>How many times a Partition was started here that had not been here, since the process began.</summary>
    public long TakenCount => Interlocked.Read(ref _takenCount);

    /// <summary>How many times a Partition was given up here, those that were taken over among them.</summary>
    public long GivenUpCount => Interlocked.Read(ref _givenUpCount);

    /// <summary>How many times a Partition was taken over while it ran here, as far as is known: of a write that was refused, by what the journal holds when the
    /// Partition starts again.</summary>
    public long LossCount => Interlocked.Read(ref _lossCount);

    /// <summary>The Partitions that are here, by number.</summary>
    public IReadOnlyList<PartitionStatus> Partitions => [.. _statuses.Values.OrderBy(status => status.Partition)];

    /// <summary>The Partitions wherever they are, as far as this node knows, by number.</summary>
    public IReadOnlyList<PartitionStatus> Everywhere =>
        [.. _statuses.Values.Concat(_elsewhere.Values.Where(status => !_statuses.ContainsKey(status.Partition))).OrderBy(status => status.Partition)];

    /// <summary>The Partitions that were given up here, whom nobody else is known to run.</summary>
    public IReadOnlyList<PartitionStatus> GivenUp => [.. _left.Values];

    /// <summary>What fails: a sentence for each writer, and for each Partition that is held up by something of its own.</summary>
    public IReadOnlyList<string> Failing =>
    [
        .. _writers.OrderBy(writer => writer.Key, StringComparer.Ordinal).Select(writer => writer.Value),
        .. _damages.OrderBy(damage => damage.Key).Select(damage => damage.Value),
        .. _persistFailures.OrderBy(failure => failure.Key).Select(failure => failure.Value),
        .. _losses.Where(loss => loss.Value.Count > 1).OrderBy(loss => loss.Key).Select(loss =>
            $"Partition {loss.Key} was taken over {loss.Value.Count} times in a row: two clusters run over the store, or nodes do not agree who belongs to one"),
        .. Partitions.Where(status => status.Failing is not null).Select(status => $"Partition {status.Partition}: {status.Failing}"),
    ];

    /// <summary>Told where a Partition is somewhere else than before, or does something else; it must not wait.</summary>
    internal Action<PartitionStatus>? Moved { get; set; }

    /// <summary>What keeps a Partition up that could not go on here, in a sentence, or null.</summary>
    public string? FailingOf(int partition) =>
        _damages.TryGetValue(partition, out string? why) || _persistFailures.TryGetValue(partition, out why) ? why : null;

    /// <summary>A Partition of this node says what it is doing.</summary>
    public void Report(PartitionStatus status)
    {
        bool isNew = Note(_statuses, status);
        _left.TryRemove(status.Partition, out _);
        if (isNew)
        {
            Interlocked.Increment(ref _takenCount);
        }
    }

    /// <summary>A Partition of another node says what it is doing.</summary>
    public void ReportElsewhere(PartitionStatus status)
    {
        Note(_elsewhere, status);
        _left.TryRemove(status.Partition, out _);
        if (status.Phase == PartitionPhase.Serving && !_statuses.ContainsKey(status.Partition))
        {
            // What kept it from going on here is over.
            Persisted(status.Partition);
            if (_refused.TryRemove(status.Partition, out _))
            {
                Interlocked.Increment(ref _lossCount);
            }
        }
    }

    /// <summary>What a Partition of another node said last, or null.</summary>
    public PartitionStatus? FindElsewhere(int partition) => _elsewhere.GetValueOrDefault(partition);

    /// <summary>A Partition of this node was given up, for another node to run, or since another does.</summary>
    public void Left(int partition)
    {
        if (_statuses.TryRemove(partition, out PartitionStatus? last))
        {
            _left[partition] = last;
            Interlocked.Increment(ref _givenUpCount);
        }
    }

    /// <summary>A Partition of another node has not answered for long.</summary>
    public void Forget(int partition)
    {
        _elsewhere.TryRemove(partition, out _);
        _left.TryRemove(partition, out _);
    }

    /// <summary>Whether a Partition serves, here or elsewhere.</summary>
    public bool Serves(int partition) => IsServing(_statuses, partition) || (!_statuses.ContainsKey(partition) && IsServing(_elsewhere, partition));

    /// <summary>How many Partitions each node runs, by its id.</summary>
    public IReadOnlyDictionary<string, int> CountByNode() => Everywhere.CountBy(status => status.Node, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);

    /// <summary>Forgets all: no Partition is here any more.</summary>
    public void Clear()
    {
        _statuses.Clear();
        _elsewhere.Clear();
        _left.Clear();
        _persistFailures.Clear();
        _damages.Clear();
        _refused.Clear();
        _writers.Clear();
    }

    /// <summary>A Partition could not persist a block, and stopped.</summary>
    public void PersistFailed(int partition, long sequenceNr, string error) =>
        _persistFailures[partition] = $"Partition {partition} cannot persist at SequenceNr {sequenceNr}: {error}";

    /// <summary>A Partition was taken over by another owner.</summary>
    public void Lost(int partition, long nowMs)
    {
        _losses[partition] = (LossesOf(partition, nowMs) + 1, nowMs);
        Interlocked.Increment(ref _lossCount);
    }

    /// <summary>A Partition's write was refused, since a SequenceNr in its transaction was taken: the Partition's own, or that of another one which wrote with it.</summary>
    public void Refused(int partition, long sequenceNr, long nowMs) => _refused[partition] = (sequenceNr, nowMs);

    /// <summary>A Partition starts, and finds how far its journal goes, which says whether a write of it that was refused was its own loss.</summary>
    /// <returns>Whether another owner has taken the number of that write.</returns>
    public bool Found(int partition, long lastSequenceNr, long nowMs)
    {
        bool isLost = _refused.TryRemove(partition, out (long SequenceNr, long AtMs) refused)
            && lastSequenceNr >= refused.SequenceNr && nowMs - refused.AtMs <= LossMemory.TotalMilliseconds;
        if (isLost)
        {
            Lost(partition, nowMs);
        }

        return isLost;
    }

    /// <summary>How often a Partition was taken over, each time within <see cref="LossMemory"/> of the time before.</summary>
    public int LossesOf(int partition, long nowMs) =>
        _losses.TryGetValue(partition, out (int Count, long LastMs) loss) && nowMs - loss.LastMs <= LossMemory.TotalMilliseconds ? loss.Count : 0;

    /// <summary>Forgets that Partitions were taken over before a time.</summary>
    public void ForgetLosses(long nowMs)
    {
        foreach ((int partition, (int, long LastMs) loss) in _losses)
        {
            if (nowMs - loss.LastMs > LossMemory.TotalMilliseconds)
            {
                _losses.TryRemove(partition, out _);
            }
        }
    }

    /// <summary>A Partition needs what is damaged, and stopped.</summary>
    public void Damaged(int partition, string damage) => _damages[partition] = damage;

    /// <summary>A Partition persisted a block.</summary>
    public void Persisted(int partition)
    {
        _persistFailures.TryRemove(partition, out _);
        _damages.TryRemove(partition, out _);
    }

    /// <summary>Says what is damaged where a Partition could not start for it.</summary>
    /// <exception cref="Counting.StoredFormatException">A Partition needs what is damaged.</exception>
    public void ThrowIfDamaged()
    {
        if (_damages.Values.FirstOrDefault() is { } damage)
        {
            throw new Counting.StoredFormatException(damage);
        }
    }

    /// <summary>A writer fails, or works again.</summary>
    public void ReportWriter(string name, string? error)
    {
        if (error is null)
        {
            _writers.TryRemove(name, out _);
        }
        else
        {
            _writers[name] = error;
        }
    }

    /// <returns>Whether nothing was known of it there.</returns>
    private bool Note(ConcurrentDictionary<int, PartitionStatus> statuses, PartitionStatus status)
    {
        statuses.TryGetValue(status.Partition, out PartitionStatus? before);
        statuses[status.Partition] = status;
        if (before?.Phase != status.Phase || !string.Equals(before.Node, status.Node, StringComparison.Ordinal))
        {
            Moved?.Invoke(status);
        }

        return before is null;
    }

    private static bool IsServing(ConcurrentDictionary<int, PartitionStatus> statuses, int partition) =>
        statuses.TryGetValue(partition, out PartitionStatus? status) && status.Phase == PartitionPhase.Serving;
}
