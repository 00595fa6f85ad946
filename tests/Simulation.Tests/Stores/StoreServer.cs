using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>
/// The store's machine. It takes writes in the order in which they arrive, and a write that is durable makes durable all
/// that came before it, as a write-ahead log does.
/// </summary>
internal sealed class StoreServer(World world)
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

        world.After(ms, () =>
        {
            IsDown = false;
            world.Log("store", "has power again");
        });
    }
}

/// <summary>A write whose outcome its caller does not know yet.</summary>
/// <param name="arrivesAtMs">When it arrives at the store.</param>
/// <param name="order">Its place among those that arrive at the same time.</param>
/// <param name="apply">Has it take effect.</param>
/// <param name="lose">Tells the caller that the connection is gone.</param>
internal sealed class WriteUnderWay(long arrivesAtMs, int order, Action apply, Action lose)
{
    public long ArrivesAtMs => arrivesAtMs;

    public int Order => order;

    /// <summary>Whether it took effect.</summary>
    public bool IsApplied { get; private set; }

    /// <summary>Whether it is gone: it takes no effect any more.</summary>
    public bool IsLost { get; private set; }

    public void Apply()
    {
        IsApplied = true;
        apply();
    }

    public void Lose()
    {
        IsLost = true;
        lose();
    }
}

/// <summary>A failure that the simulation made.</summary>
internal sealed class StoreFailure(string message) : IOException(message);
