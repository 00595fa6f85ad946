using System.Diagnostics;
using DataLoad.Bench.Reporting;
using DataLoad.Demo;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Bench.Sets;

/// <summary>Memory and speed of exact sets beside <see cref="HashSet{T}"/>, in the same run. Memory is what the collector says is in use, everything counted.</summary>
internal static class SetsBench
{
    private const int Population = 50_000_000;

    /// <summary>Measures and writes <c>sets.md</c> and <c>sets.json</c>.</summary>
    public static int Run(BenchArguments arguments)
    {
        int runs = arguments.Number("--runs", arguments.Quick ? 3 : 7);
        var table = new FigureTable("sets", arguments.Output);
        Memory(table, "1,000 sets of 10,000 random ids out of 50 million", sets: arguments.Quick ? 200 : 1_000, ids: 10_000, Goal.AtMost(5));
        Memory(table, "10 sets of 1 million random ids out of 50 million", sets: 10, ids: 1_000_000, Goal.AtMost(2.5));
        Consecutive(table);
        Adding(table, runs);
        Union(table, runs);
        table.Print();
        return 0;
    }

    private static void Memory(FigureTable table, string what, int sets, int ids, Goal goal)
    {
        int[][] all = [.. Enumerable.Range(0, sets).Select(set => RandomIds(ids, (ulong)set))];
        double distinct = all.Sum(some => some.Distinct().Count());
        (double ours, IdSet[] held) = Held(all, Fill);
        (double theirs, _) = Held(all, some =>
        {
            var set = new HashSet<int>();
            foreach (int id in some)
            {
                set.Add(id);
            }

            return set;
        });
        double counted = held.Sum(set => set.Count);
        if (counted != distinct)
        {
            throw new InvalidOperationException($"{what}: {counted} ids are in the sets, {distinct} were added");
        }

        table.Add(what, "bytes an id", goal, ours / distinct);
        table.Add("the same, as the sets themselves estimate it", "bytes an id", goal: null, held.Sum(set => set.ResidentBytes) / distinct);
        table.Add("the same in HashSet<int>", "bytes an id", goal: null, theirs / distinct);
    }

    private static void Consecutive(FigureTable table)
    {
        int[][] ids = [[.. Enumerable.Range(7_000_000, 1_000_000)]];
        (double ours, _) = Held(ids, Fill);
        (double theirs, _) = Held(ids, some =>
        {
            var set = new HashSet<int>();
            foreach (int id in some)
            {
                set.Add(id);
            }

            return set;
        });
        table.Add("1 million consecutive ids", "KB", Goal.AtMost(64), ours / 1024);
        table.Add("the same in HashSet<int>", "KB", goal: null, theirs / 1024);
    }

    private static void Adding(FigureTable table, int runs)
    {
        int[] dense = [.. Enumerable.Range(1, 4_000_000)];
        int[][] sparse = [.. Enumerable.Range(0, 400).Select(set => RandomIds(10_000, (ulong)set))];
        int[][] wide = [RandomIds(1_000_000, 1)];
        Rates(table, "add ids that follow each other, 4 million to a set", [dense], runs, Goal.AtLeast(50_000_000));
        Rates(table, "add random ids, 10,000 to each of 400 sets", sparse, runs, Goal.AtLeast(10_000_000));
        Rates(table, "add random ids, 1 million to a set", wide, runs, Goal.AtLeast(10_000_000));
    }

    private static void Rates(FigureTable table, string what, int[][] ids, int runs, Goal goal)
    {
        double[] ours = new double[runs];
        double[] theirs = new double[runs];
        double count = ids.Sum(some => some.Length);
        for (int run = -2; run < runs; run++)
        {
            var meter = Meter.Start();
            foreach (int[] some in ids)
            {
                Fill(some);
            }

            double first = meter.CpuSeconds;
            meter = Meter.Start();
            foreach (int[] some in ids)
            {
                var set = new HashSet<int>();
                foreach (int id in some)
                {
                    set.Add(id);
                }
            }

            double second = meter.CpuSeconds;
            if (run >= 0)
            {
                ours[run] = count / first;
                theirs[run] = count / second;
            }
        }

        table.Add(what, "ids a CPU second", goal, ours);
        table.Add("the same in HashSet<int>", "ids a CPU second", goal: null, theirs);
    }

    private static void Union(FigureTable table, int runs)
    {
        int[][] days = [.. Enumerable.Range(0, 30).Select(day => RandomIds(100_000, (ulong)day))];
        IdSet[] sets = [.. days.Select(Fill)];
        HashSet<int>[] hashSets = [.. days.Select(some => some.ToHashSet())];
        double[] ours = new double[runs];
        double[] theirs = new double[runs];
        for (int run = -3; run < runs; run++)
        {
            const int Rounds = 5;
            var meter = Meter.Start();
            long count = 0;
            for (int round = 0; round < Rounds; round++)
            {
                count = IdSet.Union(sets).Count;
            }

            double first = meter.CpuSeconds / Rounds;
            meter = Meter.Start();
            var union = new HashSet<int>();
            foreach (HashSet<int> set in hashSets)
            {
                union.UnionWith(set);
            }

            double second = meter.CpuSeconds;
            if (count != union.Count)
            {
                throw new InvalidOperationException($"the union has {count} ids, by HashSet {union.Count}");
            }

            if (run >= 0)
            {
                ours[run] = first * 1000;
                theirs[run] = second * 1000;
            }
        }

        table.Add("union of 30 daily sets of 100,000 random ids out of 50 million", "CPU ms", Goal.AtMost(15), ours);
        table.Add("the same in HashSet<int>", "CPU ms", goal: null, theirs);
    }

    private static IdSet Fill(int[] ids)
    {
        var set = new IdSet();
        foreach (int id in ids)
        {
            set.Add(id);
        }

        return set;
    }

    /// <summary>The memory that what is made of the ids holds.</summary>
    private static (double Bytes, T[] Made) Held<T>(int[][] ids, Func<int[], T> make)
    {
        var made = new T[ids.Length];
        long before = InUse();
        for (int i = 0; i < ids.Length; i++)
        {
            made[i] = make(ids[i]);
        }

        long after = InUse();
        Debug.Assert(made.Length == ids.Length);
        GC.KeepAlive(made);
        return (after - before, made);
    }

    private static long InUse()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static int[] RandomIds(int count, ulong seed)
    {
        var dice = new Dice(seed);
        return [.. Enumerable.Range(0, count).Select(_ => dice.Below(Population))];
    }
}
