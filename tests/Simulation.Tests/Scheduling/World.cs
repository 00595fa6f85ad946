using DataLoad.Engine;

namespace DataLoad.Simulation.Scheduling;

/// <summary>
/// The one thread of a simulation: virtual time, a seed, what is ready to run, and what happens later. One ready task is
/// picked at random at a time; time moves to the next thing that happens only when nothing is ready.
/// </summary>
internal sealed class World
{
    private readonly PriorityQueue<Action, (long AtMs, int Tie, long Order)> _later = new();
    private readonly List<NodeScheduler> _schedulers = [];
    private readonly int _threadId = Environment.CurrentManagedThreadId;
    private long _order;

    public World(ulong seed, long startMs)
    {
        Seed = seed;
        StartMs = startMs;
        NowMs = startMs;
        Random = new Random((int)(seed ^ (seed >> 32) ^ 0x5EED));
        Simulated.Random = new Random((int)(seed * 31 + 17));
    }

    public ulong Seed { get; }

    /// <summary>Decides everything that is not part of the scenario.</summary>
    public Random Random { get; }

    public long StartMs { get; }

    /// <summary>The true time, in epoch milliseconds; nodes may see another.</summary>
    public long NowMs { get; private set; }

    public long ElapsedMs => NowMs - StartMs;

    /// <summary>How many tasks have run.</summary>
    public long Steps { get; private set; }

    public Trace Trace { get; } = new();

    /// <summary>What is wrong, the first of it; the simulation ends.</summary>
    public string? Failure { get; private set; }

    public void Fail(string failure)
    {
        if (Failure is null)
        {
            Failure = failure;
            Log("!", failure);
        }
    }

    /// <summary>Notes what happened: it is part of the trace's hash, and of the timeline where one is kept.</summary>
    public void Log(string who, string what) => Trace.Add(ElapsedMs, Steps, who, what);

    /// <summary>Adds a line to the timeline that is not part of what must be the same.</summary>
    public void Note(string who, string what) => Trace.Note(ElapsedMs, Steps, who, what);

    public NodeScheduler NewScheduler(string name)
    {
        var scheduler = new NodeScheduler(this, name);
        _schedulers.Add(scheduler);
        return scheduler;
    }

    /// <summary>Has something happen after a time.</summary>
    public void After(long delayMs, Action action) => _later.Enqueue(action, (NowMs + Math.Max(0, delayMs), Random.Next(), _order++));

    /// <summary>Runs until the condition holds, something fails, or a bound is passed.</summary>
    public void RunUntil(Func<bool> condition, long maxElapsedMs, long maxSteps, string what)
    {
        while (Failure is null && !condition())
        {
            if (Steps > maxSteps)
            {
                Fail($"the run did not end: {what} did not come about within {maxSteps} steps");
                return;
            }

            if (!TryStep(maxElapsedMs))
            {
                Fail($"the run did not end: {what} did not come about by {maxElapsedMs} ms");
                return;
            }
        }
    }

    /// <summary>Whether code runs where it must; says so where not.</summary>
    public bool CheckThread()
    {
        if (Environment.CurrentManagedThreadId == _threadId)
        {
            return true;
        }

        Failure ??= $"code escaped to another thread: {Environment.StackTrace}";
        return false;
    }

    private bool TryStep(long maxElapsedMs)
    {
        int ready = 0;
        foreach (NodeScheduler scheduler in _schedulers)
        {
            ready += scheduler.Runnable;
        }

        if (ready > 0)
        {
            Steps++;
            int pick = ready == 1 ? 0 : Random.Next(ready);
            foreach (NodeScheduler scheduler in _schedulers)
            {
                if (pick < scheduler.Runnable)
                {
                    scheduler.Run(pick);
                    return true;
                }

                pick -= scheduler.Runnable;
            }
        }

        if (!_later.TryDequeue(out Action? action, out (long AtMs, int, long) when))
        {
            return false;
        }

        if (when.AtMs - StartMs > maxElapsedMs)
        {
            return false;
        }

        NowMs = Math.Max(NowMs, when.AtMs);
        action();
        _schedulers.RemoveAll(scheduler => scheduler.IsDead);
        return true;
    }
}
