using DataLoad.Engine.Storage.Memory;
using DataLoad.Simulation.Scheduling;

namespace DataLoad.Simulation.Stores;

/// <summary>
/// The store's machine. It takes writes in the order in which they arrive, and a write that is durable makes durable all
/// that came before it, as a write-ahead log does.
/// </summary>
internal sealed class StoreServer(World world, MemoryStoreState state)
{
    private readonly List<WriteUnderWay> _underWay = [];
    private int _order;

    /// <summary>Whether it has no power, or is starting again.</summary>
    public bool IsDown { get; private set; }

    /// <summary>How often it lost power; a call that began before the last time has lost its connection.</summary>
    public int Losses { get; private set; }

    /// <summary>Notes a write that is on its way.</summary>
    public WriteUnderWay Begin(long arrivesAtMs, Action apply, Action lose)
    {
        var write = new WriteUnderWay(arrivesAtMs, _order++, apply, lose);
        _underWay.Add(write);
        return write;
    }

    /// <summary>Notes that a write's outcome is with its caller, or will never be.</summary>
    public void End(WriteUnderWay write) => _underWay.Remove(write);

    /// <summary>
    /// Loses power. Of the writes that took no effect yet, some take it, the first of them, and the others never do; whose
    /// outcome was not told learns only that the connection is gone.
    /// </summary>
    public void LosePower(long ms)
    {
        Losses++;
        IsDown = true;
        WriteUnderWay[] all = [.. _underWay];
        WriteUnderWay[] open = [.. all.Where(write => !write.IsApplied).OrderBy(write => write.ArrivesAtMs).ThenBy(write => write.Order)];
        int durable = world.Random.Next(open.Length + 1);
        world.Log("store", $"loses power for {ms} ms: {durable} of {open.Length} writes under way are durable");
        foreach (WriteUnderWay write in open.Take(durable))
        {
            write.Apply();
        }

        _underWay.Clear();
        foreach (WriteUnderWay write in all)
        {
            write.Lose();
        }

        // Sessions end with it; the nodes' time to live is in a table and may be looked at again in time.
        if (world.Random.Next(2) == 0)
        {
            foreach (string node in state.Nodes.Keys.Order(StringComparer.Ordinal).ToList())
            {
                state.EndSession(node);
            }
        }

        world.After(ms, () =>
        {
            IsDown = false;
            world.Log("store", "has power again");
        });
    }
}
