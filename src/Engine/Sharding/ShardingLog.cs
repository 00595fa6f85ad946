using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Sharding;

/// <summary>Log messages 2000 to 2099.</summary>
internal static partial class ShardingLog
{
    [LoggerMessage(2000, LogLevel.Warning, "Shard {Shard} could not load snapshots (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void LoadFailed(ILogger logger, int shard, int failures, TimeSpan wait, string error);

    [LoggerMessage(2001, LogLevel.Error, "Shard {Shard} set a Counter aside; its events are journaled, its row stays as it is: {Damage}")]
    public static partial void CounterDamaged(ILogger logger, int shard, string damage);

    [LoggerMessage(2002, LogLevel.Information, "Shard {Shard} recovered at SequenceNr {SequenceNr}: {Events} events since checkpoint {Checkpoint}")]
    public static partial void Recovered(ILogger logger, int shard, long sequenceNr, long events, long checkpoint);

    [LoggerMessage(2003, LogLevel.Warning, "Shard {Shard} was taken over by another owner (epoch {Epoch} is stale)")]
    public static partial void TakenOver(ILogger logger, int shard, long epoch);

    [LoggerMessage(2004, LogLevel.Information, "Trimmed the journal of shard {Shard} through SequenceNr {SequenceNr}")]
    public static partial void Trimmed(ILogger logger, int shard, long sequenceNr);

    [LoggerMessage(2006, LogLevel.Warning, "Saving the checkpoint of shard {Shard} failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void CheckpointFailed(ILogger logger, int shard, int failures, TimeSpan wait, string error);

    [LoggerMessage(2007, LogLevel.Warning, "Trimming the journal of shard {Shard} failed, trying again at the next interval: {Error}")]
    public static partial void TrimFailed(ILogger logger, int shard, string error);

    [LoggerMessage(2008, LogLevel.Error, "Shard {Shard} made {Keys} seen keys anew from the journal: {Damage}")]
    public static partial void KeysMended(ILogger logger, int shard, long keys, string damage);

    [LoggerMessage(2010, LogLevel.Error, "Shard {Shard} made seen identities anew, {Identities} from the journal: {Damage}")]
    public static partial void HashesMended(ILogger logger, int shard, long identities, string damage);

    [LoggerMessage(2011, LogLevel.Warning, "Shard {Shard} could not read its journal to mend what is damaged (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void MendFailed(ILogger logger, int shard, int failures, TimeSpan wait, string error);

    [LoggerMessage(2009, LogLevel.Error, "Shard {Shard} no longer merges its seen identities until the next start: {Error}")]
    public static partial void MergeFailed(ILogger logger, int shard, string error);

    [LoggerMessage(2005, LogLevel.Warning, "Recovering shard {Shard} failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void RecoveryFailed(ILogger logger, int shard, int failures, TimeSpan wait, string error);
}
