using BenchmarkDotNet.Attributes;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Bench.Micro;

/// <summary>Adding to exact sets, beside a <see cref="HashSet{T}"/>.</summary>
[MemoryDiagnoser]
public class SetBenchmark
{
    private int[] _ids = [];

    /// <summary>How many ids are added.</summary>
    [Params(10_000, 1_000_000)]
    public int Count { get; set; }

    /// <summary>Whether the ids follow each other or are random out of 50 million.</summary>
    [Params(true, false)]
    public bool Dense { get; set; }

    /// <summary>Makes the ids.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _ids = [.. Enumerable.Range(1, Count).Select(i => Dense ? i : random.Next(1, 50_000_000))];
    }

    /// <summary>The exact set.</summary>
    [Benchmark]
    public long IdSet()
    {
        var set = new IdSet();
        foreach (int id in _ids)
        {
            set.Add(id);
        }

        return set.Count;
    }

    /// <summary>The framework's set.</summary>
    [Benchmark(Baseline = true)]
    public long HashSet()
    {
        var set = new HashSet<int>();
        foreach (int id in _ids)
        {
            set.Add(id);
        }

        return set.Count;
    }
}
