using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using DataLoad.Simulation.Running;
using DataLoad.Simulation.Scenarios;
using DataLoad.Simulation.Scheduling;

namespace DataLoad.Simulation.Stores;

/// <summary>The business database: rows that come late, queries that fail or take long.</summary>
internal sealed class SimLookup(World world, Weather weather, BusinessRows business, NodeScheduler scheduler) : ILookup
{
    public string Name => "simulated";

    public async ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken)
    {
        await PauseAsync(cancellationToken);
        if (weather.LookupFails())
        {
            world.Log(scheduler.Name, $"query {step.Name} fails");
            rows.Clear();
            throw new StoreFailure($"query {step.Name} failed");
        }

        rows.Clear();
        foreach (int key in keys.ToArray())
        {
            if (business.Find(step.Name, key, world.ElapsedMs) is { } values)
            {
                Fill(step, rows, rows.Add(key), values);
            }
        }

        await PauseAsync(cancellationToken);
    }

    public ValueTask PingAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Fill(LookupStep step, LookupRows rows, int row, Dictionary<string, object?> values)
    {
        for (int i = 0; i < step.Columns.Length; i++)
        {
            switch (values.GetValueOrDefault(step.Columns[i].Name))
            {
                case string text:
                    rows.SetText(row, i, text);
                    break;
                case long number:
                    rows.SetNumber(row, i, number);
                    break;
                default:
                    break;
            }
        }
    }

    private Task PauseAsync(CancellationToken cancellationToken)
    {
        var pause = new TaskCompletionSource();
        world.After(weather.LookupLatency(), () => pause.TrySetResult());
        return pause.Task.WaitAsync(cancellationToken);
    }
}
