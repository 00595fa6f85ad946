using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scenarios;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>The business database: rows that come late, queries that fail or take long.</summary>
internal sealed class SimulatedLookup(World world, ActiveDisruptions disruptions, BusinessRows business, SimulatedProcess process) : ILookup
{
    public string Name => "simulated";

    public async ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken)
    {
        int[] asked = keys.ToArray();
        await PauseAsync(cancellationToken);
        rows.Clear();
        if (disruptions.LookupFails())
        {
            world.Log(process.Name, $"query {step.Name} fails");
            throw new StoreFailure($"query {step.Name} failed");
        }

        foreach (int key in asked)
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
        process.After(disruptions.LookupLatency(), () => pause.TrySetResult());
        return pause.Task.WaitAsync(cancellationToken);
    }
}
