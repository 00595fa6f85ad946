using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Counting;

/// <summary>Some distinct metrics of a Counter.</summary>
/// <param name="Id">The Counter.</param>
/// <param name="SetAside">Why it counts no more until it is rebuilt; null where it counts.</param>
/// <param name="Sets">The members, in the order that was asked for; null for none.</param>
/// <param name="Adopted">What each metric was before the first event, in that order: distinct people of which nobody knows who they were.</param>
public sealed record CounterSets(CounterId Id, string? SetAside, IReadOnlyList<IdSet?> Sets, IReadOnlyList<long> Adopted);

/// <summary>Some distinct metrics of one part of a Counter.</summary>
/// <param name="Value">The value of the breakdown.</param>
/// <param name="Sets">The members, in the order that was asked for; null for none.</param>
public sealed record PartSets(BreakdownValue Value, IReadOnlyList<IdSet?> Sets);
