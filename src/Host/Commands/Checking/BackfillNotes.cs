using DataLoad.Engine.Statistics;

namespace DataLoad.Host.Commands.Checking;

/// <summary>What is to be known of metrics and breakdowns whose past is not computed, or not whole.</summary>
internal static class BackfillNotes
{
    /// <summary>A sentence for each that is not complete, and for each that lacks something for good.</summary>
    /// <param name="declared">What the nodes over the store count.</param>
    /// <param name="partitions">How many Partitions there are.</param>
    /// <param name="timeZone">The zone in which times are told.</param>
    public static IEnumerable<string> Of(IReadOnlyList<Declaration> declared, int partitions, string timeZone)
    {
        foreach (Declaration known in declared.Where(known => !known.IsComplete))
        {
            yield return $"{known.Name} is being computed over the past: {known.Backfilled} of {partitions} Partitions are done.";
        }

        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        foreach (Declaration known in declared.Where(known => known.LacksBeforeMs > 0))
        {
            DateTimeOffset before = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(known.LacksBeforeMs), zone);
            yield return $"{known.Name} holds nothing of what was journaled before {before:yyyy-MM-dd HH:mm:sszzz} where the journal had been trimmed.";
        }
    }
}
