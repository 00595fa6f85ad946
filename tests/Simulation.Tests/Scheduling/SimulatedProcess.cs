using Akka.Dispatch;

namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>What an operating system's process is to the world: it runs, is held, or is dead.</summary>
internal sealed class SimulatedProcess(World world, string name)
{
    private readonly List<ReadyTurn> _held = [];
    private long _heldUntilMs;

    public World World => world;

    public string Name => name;

    /// <summary>Whether the process was ended: nothing of it ever runs again.</summary>
    public bool IsDead { get; private set; }

    public bool IsHeld => _heldUntilMs > world.NowMs;

    /// <summary>When it goes on, or went on, that was held; in milliseconds after the start of the run.</summary>
    public long HeldUntilMs => _heldUntilMs - world.StartMs;

    /// <summary>Called after each of its turns.</summary>
    public Action? TurnTaken { get; set; }

    /// <summary>Ends the process as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        IsDead = true;
        _held.Clear();
    }

    /// <summary>Holds the process for a time, as SIGSTOP or a stall of its machine does.</summary>
    public void Hold(long ms)
    {
        _heldUntilMs = world.NowMs + ms;
        world.After(ms, Release);
    }

    /// <summary>Whether a turn is to be taken now; one of a process that is held is kept for later.</summary>
    public bool MayRun(in ReadyTurn turn)
    {
        if (IsDead)
        {
            return false;
        }

        if (IsHeld)
        {
            _held.Add(turn);
            return false;
        }

        return true;
    }

    public void AfterTurn() => TurnTaken?.Invoke();

    /// <summary>Has something happen in the process after a time, unless it is dead by then; where it is held, when it goes on.</summary>
    public void After(long delayMs, Action action) => world.After(delayMs, () => RunOrWait(action));

    private void RunOrWait(Action action)
    {
        if (IsDead)
        {
            return;
        }

        if (IsHeld)
        {
            After(_heldUntilMs - world.NowMs, action);
            return;
        }

        try
        {
            action();
        }
        catch (Exception e)
        {
            world.Fail($"a callback of {name} threw {e}");
        }
    }

    private void Release()
    {
        if (IsHeld || IsDead)
        {
            return;
        }

        foreach (ReadyTurn turn in _held)
        {
            world.Ready(turn, turn.Priority);
        }

        _held.Clear();
    }
}

/// <summary>A mailbox that has something to do.</summary>
/// <param name="Process">Whose it is.</param>
/// <param name="Runnable">The mailbox.</param>
/// <param name="Priority">What it was given when it became ready.</param>
internal readonly record struct ReadyTurn(SimulatedProcess Process, IRunnable Runnable, ulong Priority);
