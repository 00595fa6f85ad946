using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Partitions;

/// <summary>Log messages 2100 to 2199.</summary>
internal static partial class PartitionLog
{
    [LoggerMessage(2100, LogLevel.Warning, "{Owner}: {What} failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void StoreCallFailed(ILogger logger, string owner, string what, int failures, TimeSpan wait, string error);

    [LoggerMessage(2101, LogLevel.Warning, "Writing {What} failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void GroupWriteFailed(ILogger logger, string what, int failures, TimeSpan wait, string error);

    [LoggerMessage(2102, LogLevel.Information, "Partition {Partition} is owned here under Epoch {Epoch}; its checkpoint is at SequenceNr {Checkpoint}")]
    public static partial void OwnedHere(ILogger logger, int partition, long epoch, long checkpoint);

    [LoggerMessage(2103, LogLevel.Information,
        "Partition {Partition} recovered at SequenceNr {SequenceNr}: {Events} events in {Blocks} blocks since checkpoint {Checkpoint}")]
    public static partial void Recovered(ILogger logger, int partition, long sequenceNr, long events, long blocks, long checkpoint);

    [LoggerMessage(2104, LogLevel.Warning, "Partition {Partition} was taken over by another owner (Epoch {Epoch} is stale): it stops here")]
    public static partial void TakenOver(ILogger logger, int partition, long epoch);

    [LoggerMessage(2105, LogLevel.Error,
        "Partition {Partition} could not persist block {SequenceNr}, whose outcome is unknown; it stops and starts again: {Error}")]
    public static partial void PersistFailed(ILogger logger, int partition, long sequenceNr, string error);

    [LoggerMessage(2106, LogLevel.Error, "Partition {Partition} set a Counter aside; its events are journaled, its row stays as it is: {Damage}")]
    public static partial void CounterDamaged(ILogger logger, int partition, string damage);

    [LoggerMessage(2107, LogLevel.Error, "Partition {Partition} stops, since what it needs is damaged: {Damage}")]
    public static partial void Damaged(ILogger logger, int partition, string damage);

    [LoggerMessage(2108, LogLevel.Error, "Partition {Partition} made {Count} seen identities anew from the journal: {Damage}")]
    public static partial void IdentitiesRepaired(ILogger logger, int partition, long count, string damage);

    [LoggerMessage(2109, LogLevel.Error, "Partition {Partition} no longer merges its seen identities until it is started again: {Error}")]
    public static partial void MergeFailed(ILogger logger, int partition, string error);

    [LoggerMessage(2121, LogLevel.Warning,
        "Partition {Partition} was taken over by another owner, which has written through SequenceNr {SequenceNr}: it waits before it is taken back")]
    public static partial void WasTakenOver(ILogger logger, int partition, long sequenceNr);

    [LoggerMessage(2122, LogLevel.Information, "Partition {Partition} is not taken back before the store says that the node belongs to the cluster: others may run it")]
    public static partial void WaitsForMembership(ILogger logger, int partition);

    [LoggerMessage(2110, LogLevel.Information, "Partition {Partition} trimmed its journal through SequenceNr {SequenceNr}")]
    public static partial void Trimmed(ILogger logger, int partition, long sequenceNr);

    [LoggerMessage(2111, LogLevel.Warning, "Trimming the journal of Partition {Partition} failed, trying again at the next interval: {Error}")]
    public static partial void TrimFailed(ILogger logger, int partition, string error);

    [LoggerMessage(2112, LogLevel.Information, "Partition {Partition} stopped at SequenceNr {SequenceNr}, its checkpoint at {Checkpoint}")]
    public static partial void Stopped(ILogger logger, int partition, long sequenceNr, long checkpoint);

    [LoggerMessage(2113, LogLevel.Information, "Partition {Partition} has computed the past of {Names}")]
    public static partial void Backfilled(ILogger logger, int partition, string names);

    [LoggerMessage(2114, LogLevel.Information, "The past of {Name} is complete: it has its name")]
    public static partial void Named(ILogger logger, string name);

    [LoggerMessage(2115, LogLevel.Error, "Partition {Partition} cannot compute the past of metrics and breakdowns, and tries again when it is started again: {Error}")]
    public static partial void BackfillFailed(ILogger logger, int partition, string error);

    [LoggerMessage(2120, LogLevel.Error, "What was computed over the past cannot be given its name, tried again until it can: {Error}")]
    public static partial void NamingFailed(ILogger logger, string error);

    [LoggerMessage(2116, LogLevel.Warning, "Partition {Partition} makes a part of its index of sessions anew from the journal: {Damage}")]
    public static partial void SessionsDamaged(ILogger logger, int partition, string damage);

    [LoggerMessage(2117, LogLevel.Error, "Partition {Partition} no longer indexes the sessions of its journal's past until it is started again: {Error}")]
    public static partial void IndexingFailed(ILogger logger, int partition, string error);

    [LoggerMessage(2118, LogLevel.Error, "Partition {Partition} goes on without rows that are refused: {Error}")]
    public static partial void RowsRefused(ILogger logger, int partition, string error);

    [LoggerMessage(2119, LogLevel.Information, "Partition {Partition} wrote all rows that were refused")]
    public static partial void RefusedRowsWritten(ILogger logger, int partition);
}
