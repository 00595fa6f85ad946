using System.Diagnostics;
using DataLoad.Engine.Faults;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>Runs a range of seeds, one simulation a thread.</summary>
internal sealed class SeedRun(ulong from, ulong to, FaultPoint fault = FaultPoint.None)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DisruptionKind, long> _injected = [];
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

    public long Persisted { get; private set; }

    public long Sessions { get; private set; }

    public TimeSpan Elapsed { get; private set; }

    public IReadOnlyDictionary<DisruptionKind, long> Injected => _injected;

    /// <summary>The failures in the order of their seeds.</summary>
    public IReadOnlyList<SeedFailure> Failures => [.. _failures.OrderBy(failure => failure.Seed)];

    public void Run(Action<SeedFailure>? failed = null)
    {
        var clock = Stopwatch.StartNew();

        FaultPoint before = Fault.On;
        Fault.On = fault;
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => SimulationThread.Start(() => RunSome(clock, failed)))];
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Fault.On = before;
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

            Outcome outcome = Simulator.Run(Make(seed));
            lock (_lock)
            {
                Done++;
                Steps += outcome.Steps;
                Persisted += outcome.Persisted;
                Sessions += outcome.Sessions;
                foreach ((DisruptionKind kind, int times) in outcome.Injected)
                {
                    _injected[kind] = _injected.GetValueOrDefault(kind) + times;
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

/// <summary>A seed that failed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Outcome">What came of it.</param>
internal sealed record SeedFailure(ulong Seed, Outcome Outcome);
