namespace DataLoad.Simulation.Scheduling;

/// <summary>
/// What one node's process is to the world: its ready tasks. All that the node awaits resumes here, never within another
/// task, so every await is a point where the world may run something else, hold the process, or end it.
/// </summary>
internal sealed class NodeScheduler(World world, string name) : TaskScheduler
{
    private readonly List<Task> _ready = [];
    private long _heldUntilMs;

    public string Name => name;

    /// <summary>Whether the process was ended: nothing of it ever runs again.</summary>
    public bool IsDead { get; private set; }

    public bool IsHeld => _heldUntilMs > world.NowMs;

    /// <summary>How many tasks may run now.</summary>
    public int Runnable => _heldUntilMs > world.NowMs ? 0 : _ready.Count;

    /// <summary>Called before each task of this process.</summary>
    public Action? BeforeEach { get; set; }

    public void Run(int place)
    {
        Task task = _ready[place];
        int last = _ready.Count - 1;
        _ready[place] = _ready[last];
        _ready.RemoveAt(last);
        TryExecuteTask(task);
        BeforeEach?.Invoke();
    }

    /// <summary>Ends the process as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        IsDead = true;
        _ready.Clear();
    }

    /// <summary>Holds the process for a time, as SIGSTOP or a stall of its machine does.</summary>
    public void Hold(long ms)
    {
        _heldUntilMs = world.NowMs + ms;
        world.After(ms, static () => { });
    }

    /// <summary>Runs something as a task of the process.</summary>
    public void Post(Action action)
    {
        if (!IsDead)
        {
            _ = Task.Factory.StartNew(() => Guarded(action), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);
        }
    }

    /// <summary>Runs something as a task of the process.</summary>
    public Task Start(Func<Task> action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            world.Fail($"a callback of {name} threw {e}");
        }
    }

    protected override void QueueTask(Task task)
    {
        // The garbage collector ends what a killed process held, on a thread of its own.
        if (!IsDead && world.CheckThread())
        {
            _ready.Add(task);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _ready;
}
