using System.Globalization;

namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>
/// The one thread of a simulation: virtual time, a seed, what is ready to run, and what happens later. One step is one turn
/// of a mailbox or one later event; time moves only when nothing is ready.
/// </summary>
/// <remarks>
/// Which mailbox is next follows from the seed, the actor's path and how often it has run, never from the order in which
/// mailboxes became ready: Akka enumerates children by a hash that differs from process to process.
/// </remarks>
internal sealed class World
{
    private readonly PriorityQueue<ReadyTurn, (ulong Priority, long Order)> _ready = new();
    private readonly PriorityQueue<Action, (long AtMs, int Tie, long Order)> _later = new();
    private readonly int _threadId = Environment.CurrentManagedThreadId;
    private long _order;

    public World(ulong seed, long startMs)
    {
        Seed = seed;
        StartMs = startMs;
        NowMs = startMs;
        Random = new Random((int)(seed ^ (seed >> 32) ^ 0x5EED));
    }

    public ulong Seed { get; }

    /// <summary>Decides everything that is not part of the scenario.</summary>
    public Random Random { get; }

    public long StartMs { get; }

    /// <summary>The true time, in epoch milliseconds; nodes may see another.</summary>
    public long NowMs { get; private set; }

    /// <summary>Whether what takes effect now is of a call whose caller hears nothing of it: it was told already that the call failed.</summary>
    public bool IsUnheard { get; set; }

    public long ElapsedMs => NowMs - StartMs;

    /// <summary>How many steps were taken.</summary>
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

    /// <summary>Has something happen after a time.</summary>
    public void After(long delayMs, Action action)
    {
        if (CheckThread())
        {
            _later.Enqueue(action, (NowMs + Math.Max(0, delayMs), Random.Next(), _order++));
        }
    }

    /// <summary>Has a mailbox take its turn; it comes before those of a higher priority.</summary>
    public void Ready(in ReadyTurn turn, ulong priority)
    {
        if (CheckThread())
        {
            _ready.Enqueue(turn, (priority, _order++));
        }
    }

    /// <summary>Runs until the condition holds, something fails, or a bound is passed.</summary>
    public void RunUntil(Func<bool> condition, long maxElapsedMs, long maxSteps, string what)
    {
        while (Failure is null && !condition())
        {
            if (Steps > maxSteps)
            {
                Fail(string.Create(CultureInfo.InvariantCulture, $"the run did not end: {what} did not come about within {maxSteps} steps"));
            }
            else if (!TryStep(maxElapsedMs))
            {
                Fail(string.Create(CultureInfo.InvariantCulture, $"the run did not end: {what} did not come about by {maxElapsedMs} ms"));
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
        bool isDue = _later.TryPeek(out _, out (long AtMs, int, long) next) && next.AtMs <= NowMs;
        if ((!isDue || Random.Next(2) == 0) && _ready.TryDequeue(out ReadyTurn turn, out _))
        {
            if (turn.Process.MayRun(turn))
            {
                Steps++;
                turn.Runnable.Run();
                turn.Process.AfterTurn();
            }

            return true;
        }

        if (!_later.TryDequeue(out Action? action, out next) || next.AtMs - StartMs > maxElapsedMs)
        {
            return false;
        }

        NowMs = Math.Max(NowMs, next.AtMs);
        Steps++;
        action();
        return true;
    }
}
