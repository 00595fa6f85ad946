using System.Diagnostics;
using DataLoad.Engine.Faults;
using DataLoad.Simulation.Tests.Scenarios;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>Makes a failing scenario smaller: leaves out disruptions and messages for as long as it still fails.</summary>
internal static class Shrinker
{
    public static Scenario Shrink(Scenario scenario, FaultPoint fault, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        string kind = KindOf(Simulator.Run(scenario, fault).Failure);
        bool smaller = true;
        while (smaller && clock.Elapsed < limit)
        {
            smaller = false;
            foreach (Scenario candidate in Smaller(scenario))
            {
                if (clock.Elapsed > limit)
                {
                    break;
                }

                if (string.Equals(KindOf(Simulator.Run(candidate, fault).Failure), kind, StringComparison.Ordinal))
                {
                    scenario = candidate;
                    smaller = true;
                    break;
                }
            }
        }

        return scenario;
    }

    /// <summary>What kind of failure it is: its first words, without what differs from run to run.</summary>
    private static string KindOf(string? failure) =>
        string.Join(' ', (failure ?? "none").Split(' ').Where(word => !word.Any(char.IsAsciiDigit)).Take(4));

    private static IEnumerable<Scenario> Smaller(Scenario scenario)
    {
        foreach (IReadOnlyList<Publishing> publishings in Without(scenario.Publishings))
        {
            yield return scenario with { Publishings = publishings };
        }

        foreach (IReadOnlyList<Disruption> disruptions in Without(scenario.Disruptions))
        {
            yield return scenario with { Disruptions = disruptions };
        }

        if (scenario.Nodes > 1)
        {
            yield return scenario with { Nodes = 1 };
        }

        if (scenario.CrashAtEnd)
        {
            yield return scenario with { CrashAtEnd = false };
        }
    }

    /// <summary>Halves first, then quarters, down to one left out.</summary>
    private static IEnumerable<IReadOnlyList<T>> Without<T>(IReadOnlyList<T> items)
    {
        for (int size = (items.Count + 1) / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2)
        {
            for (int start = 0; start < items.Count; start += size)
            {
                yield return [.. items.Take(start), .. items.Skip(start + size)];
            }
        }
    }
}
