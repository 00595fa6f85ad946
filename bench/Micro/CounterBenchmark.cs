using BenchmarkDotNet.Attributes;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Bench.Micro;

/// <summary>Applying one event to a Counter that has seen its user.</summary>
[MemoryDiagnoser]
public class CounterBenchmark
{
    private readonly CountingPlan _plan = new(Catalog.Default);
    private readonly BusinessEvent _event = new();
    private Counter _counter = null!;
    private long _sequenceNr;

    /// <summary>Makes a Counter that has seen 10,000 users.</summary>
    [GlobalSetup]
    public void Setup()
    {
        StreamDefinition share = Catalog.Default.FindStream("act.share")!;
        Page page = Catalog.Default.PageNamed(share.Page);
        _counter = new Counter(new CounterId(page.Id, new TopicKey("ACTIVITY", 1017), 739_000), page);
        _event.Reset(share);
        for (int user = 1; user <= 10_000; user++)
        {
            _event.WuId = user * 97;
            _counter.Apply(_plan, _event, ++_sequenceNr);
        }
    }

    /// <summary>One <c>act.share</c>.</summary>
    [Benchmark]
    public bool Share()
    {
        _event.WuId = (int)(1 + (_sequenceNr % 10_000)) * 97;
        return _counter.Apply(_plan, _event, ++_sequenceNr);
    }
}
