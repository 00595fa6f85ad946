using System.Globalization;
using System.Runtime.Serialization;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Says where a journal is damaged, and what to do about it.</summary>
internal static class JournalFault
{
    private const string Remedy = "Restore the store from a backup, or run 'dataload verify' to see what else is touched.";

    /// <summary>Whether a query failed because an entry does not read, not because the database is away.</summary>
    public static bool IsOfAnEntry(Exception error) => EntryErrorOf(error) is not null;

    public static StoredFormatException Damaged(int partition, long sequenceNr, Exception found) =>
        new($"The journal of Partition {partition} is damaged at SequenceNr {sequenceNr}: {found.Message.TrimEnd('.')}. {Remedy}", found);

    /// <summary>The journal does not read on behind a number, and does not say at which.</summary>
    public static StoredFormatException DamagedBehind(int partition, long last, Exception found) => new(
        $"The journal of Partition {partition} is damaged behind SequenceNr {last}: "
        + $"{(EntryErrorOf(found) ?? found.GetBaseException()).Message.TrimEnd('.')}. {Remedy}",
        found);

    public static StoredFormatException Gap(int partition, long after, long next) => new(
        $"The journal of Partition {partition} has a gap: after SequenceNr {after} comes {next}. {Remedy}");

    public static StoredFormatException Short(int partition, long last, long expected) => new(
        $"The journal of Partition {partition} ends at SequenceNr {last}, where {expected} was persisted. {Remedy}");

    /// <summary>The error of an entry among an error and its causes, the plugin's own wrapped around it; null where there is none.</summary>
    private static Exception? EntryErrorOf(Exception? error) =>
        error is null or SerializationException or TypeLoadException or StoredFormatException ? error : EntryErrorOf(error.InnerException);
}

/// <summary>Says where a damaged snapshot lies, and what to do about it.</summary>
internal static class SnapshotFault
{
    /// <summary>Puts the place before what a decoder found, and the remedy behind it.</summary>
    public static StoredFormatException At(int partition, SnapshotKind kind, long sequenceNr, StoredFormatException found) =>
        new($"{Place(partition, kind, sequenceNr)}: {found.Message} {Remedy(kind)}", found);

    public static string Place(int partition, SnapshotKind kind, long sequenceNr) =>
        string.Create(CultureInfo.InvariantCulture, $"Partition {partition}, {kind} snapshot of SequenceNr {sequenceNr}");

    private static string Remedy(SnapshotKind kind) => kind switch
    {
        SnapshotKind.Counter or SnapshotKind.CounterParts => "Run 'dataload rebuild' for its topic to make it anew from the journal.",
        SnapshotKind.SeenKeys =>
            "A node makes them anew from the journal as soon as it needs them, where that was never trimmed; else restore the store from a backup.",
        SnapshotKind.SessionSegments => "A node makes them anew from the journal; until then questions read the blocks that they stand for.",
        _ => "Restore the store from a backup to verify, rebuild or trim this Partition; counting goes on without it.",
    };
}
