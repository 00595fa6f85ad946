using System.Diagnostics;
using DataLoad.Engine.Faults;
using DataLoad.Simulation.Scenarios;

namespace DataLoad.Simulation.Running;

/// <summary>Runs a range of seeds, one simulation a thread.</summary>
internal sealed class SeedRun(ulong from, ulong to, FaultPoint fault = FaultPoint.None)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TroubleKind, long> _befallen = [];
    private readonly List<SeedFailure> _failures = [];
    private ulong _next = from;

    /// <summary>When to start no further seed; null for never.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Makes the scenario of a seed.</summary>
    public Func<ulong, Scenario> Make { get; init; } = ScenarioMaker.Make;

    /// <summary>After how many failures to start no further seed.</summary>
    public int MaxFailures { get; init; } = 20;

    public long Done { get; private set; }

    public long Steps { get; private set; }

    public long Journaled { get; private set; }

    public TimeSpan Elapsed { get; private set; }

    public IReadOnlyDictionary<TroubleKind, long> Befallen => _befallen;

    /// <summary>The failures in the order of their seeds.</summary>
    public IReadOnlyList<SeedFailure> Failures => [.. _failures.OrderBy(failure => failure.Seed)];

    public void Run(Action<SeedFailure>? failed = null)
    {
        var clock = Stopwatch.StartNew();

        // A simulation uses its thread's own state, so each has one thread from start to end.
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() => RunSome(clock, failed), 4 * 1024 * 1024))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Elapsed = clock.Elapsed;
    }

    private void RunSome(Stopwatch clock, Action<SeedFailure>? failed)
    {
        while (true)
        {
            ulong seed;
            lock (_lock)
            {
                if (_next > to || _failures.Count >= MaxFailures || clock.Elapsed > Limit)
                {
                    return;
                }

                seed = _next++;
            }

            Outcome outcome = Simulator.Run(Make(seed), fault);
            lock (_lock)
            {
                Done++;
                Steps += outcome.Steps;
                Journaled += outcome.Journaled;
                foreach ((TroubleKind kind, int times) in outcome.Befallen)
                {
                    _befallen[kind] = _befallen.GetValueOrDefault(kind) + times;
                }

                if (outcome.Failure is not null)
                {
                    var failure = new SeedFailure(seed, outcome);
                    _failures.Add(failure);
                    failed?.Invoke(failure);
                }
            }
        }
    }
}
