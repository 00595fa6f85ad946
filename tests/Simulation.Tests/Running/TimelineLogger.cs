using DataLoad.Simulation.Tests.Scheduling;
using Microsoft.Extensions.Logging;

namespace DataLoad.Simulation.Tests.Running;

/// <summary>Writes a node's log into the timeline, where one is kept.</summary>
internal sealed class TimelineLogger(World world, string name) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => world.Trace.Lines is not null && logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            world.Note(name, $"({formatter(state, exception)})");
        }
    }
}
