using Akka.Configuration;
using Akka.Dispatch;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>Makes <see cref="CountingDispatcher"/>s, for a dispatcher's <c>type</c>.</summary>
public sealed class CountingDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly CountingDispatcher _dispatcher;

    /// <summary>Made by Akka.</summary>
    public CountingDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites) => _dispatcher = new CountingDispatcher(this);

    /// <inheritdoc/>
    public override MessageDispatcher Dispatcher() => _dispatcher;
}

/// <summary>Runs mailboxes on the thread pool and knows how many wait or run: a test's clock stands while actors have work.</summary>
internal sealed class CountingDispatcher(MessageDispatcherConfigurator configurator) : MessageDispatcher(configurator)
{
    private int _busy;

    /// <summary>Whether no mailbox waits for a thread or has one.</summary>
    public bool IsIdle => Volatile.Read(ref _busy) == 0;

    /// <inheritdoc/>
    protected override void ExecuteTask(IRunnable run)
    {
        Interlocked.Increment(ref _busy);
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                try
                {
                    state.run.Run();
                }
                finally
                {
                    Interlocked.Decrement(ref state.Dispatcher._busy);
                }
            },
            (run, Dispatcher: this),
            preferLocal: false);
    }

    /// <inheritdoc/>
    protected override void Shutdown()
    {
    }
}
