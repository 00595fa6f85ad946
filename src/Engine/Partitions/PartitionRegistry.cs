using System.Collections.Concurrent;

namespace DataLoad.Engine.Partitions;

/// <summary>What the Partitions of this node say of themselves: written by them, read by anyone who shows it. What fails outlives a Partition that was
/// stopped by it, until it is known to be over. Thread-safe.</summary>
public sealed class PartitionRegistry
{
    private readonly ConcurrentDictionary<int, PartitionStatus> _statuses = new();
    private readonly ConcurrentDictionary<int, string> _persistFailures = new();
    private readonly ConcurrentDictionary<int, string> _damages = new();
    private readonly ConcurrentDictionary<string, string> _writers = new(StringComparer.Ordinal);

    /// <summary>The Partitions that are here, by number.</summary>
    public IReadOnlyList<PartitionStatus> Partitions => [.. _statuses.Values.OrderBy(status => status.Partition)];

    /// <summary>What fails: a sentence for each writer, and for each Partition that is held up by something of its own.</summary>
    public IReadOnlyList<string> Failing =>
    [
        .. _writers.OrderBy(writer => writer.Key, StringComparer.Ordinal).Select(writer => writer.Value),
        .. _damages.OrderBy(damage => damage.Key).Select(damage => damage.Value),
        .. _persistFailures.OrderBy(failure => failure.Key).Select(failure => failure.Value),
        .. Partitions.Where(status => status.Failing is not null).Select(status => $"Partition {status.Partition}: {status.Failing}"),
    ];

    /// <summary>A Partition says what it is doing.</summary>
    public void Report(PartitionStatus status) => _statuses[status.Partition] = status;

    /// <summary>Forgets all: no Partition is here any more.</summary>
    public void Clear()
    {
        _statuses.Clear();
        _persistFailures.Clear();
        _damages.Clear();
        _writers.Clear();
    }

    /// <summary>A Partition could not persist a block, and stopped.</summary>
    public void PersistFailed(int partition, long sequenceNr, string error) =>
        _persistFailures[partition] = $"Partition {partition} cannot persist at SequenceNr {sequenceNr}: {error}";

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
}
