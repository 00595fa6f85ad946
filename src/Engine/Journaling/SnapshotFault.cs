using System.Globalization;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Says where a damaged snapshot lies, and what to do about it.</summary>
internal static class SnapshotFault
{
    /// <summary>Puts the place before what a decoder found, and the remedy behind it.</summary>
    public static StoredFormatException At(int partition, SnapshotKind kind, long sequenceNr, StoredFormatException found) => new(
        $"{Place(partition, kind, sequenceNr)}: {found.Message} {Remedy(kind)}",
        found);

    /// <summary>Where a snapshot lies.</summary>
    public static string Place(int partition, SnapshotKind kind, long sequenceNr) =>
        string.Create(CultureInfo.InvariantCulture, $"Partition {partition}, {kind} snapshot of SequenceNr {sequenceNr}");

    private static string Remedy(SnapshotKind kind) => kind switch
    {
        SnapshotKind.Counter => "Run 'dataload rebuild' for its topic to make it anew from the journal.",
        SnapshotKind.SeenKeys => "A node makes them anew from the journal as soon as it needs them, where that was never trimmed; else restore the store from a backup.",
        _ => "Restore the store from a backup to verify, rebuild or trim this Partition; counting goes on without it.",
    };
}
