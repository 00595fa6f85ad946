using System.Globalization;
using Akka.Actor.Setup;

namespace DataLoad.Engine.Nodes;

/// <summary>The version of what nodes send each other, and write into the store for each other. Neighbouring versions work together: what a version brings is
/// sent once every node that lives reads it.</summary>
public static class NodeProtocol
{
    /// <summary>The version that this program was released with: grows with every change of a form that nodes send each other.</summary>
    private const int Released = 1;

    /// <summary>This program's.</summary>
    /// <remarks>A runtime configuration may name another one: so a test lets programs of two versions meet.</remarks>
    public static int Current { get; } = AppContext.GetData("DataLoad.NodeProtocol") is string other
        ? int.Parse(other, NumberStyles.None, CultureInfo.InvariantCulture) : Released;

    /// <summary>The oldest that it works together with.</summary>
    public static int Oldest => Math.Max(1, Current - 1);

    /// <summary>Whether a node of another version can be in one cluster with this program's.</summary>
    public static bool IsNeighbour(int version) => Math.Abs(version - Current) <= 1;
}

/// <summary>The version that is sent now: the highest that every node which lives reads. One for each actor system. Thread-safe.</summary>
public sealed class ProtocolInForce : Setup
{
    private volatile int _version = NodeProtocol.Current;

    /// <summary>The version, <see cref="NodeProtocol.Oldest"/> to <see cref="NodeProtocol.Current"/>.</summary>
    public int Version => _version;

    /// <summary>Takes note of the versions of the nodes that live.</summary>
    public void Take(IEnumerable<int> versions) => _version = versions.Append(NodeProtocol.Current).Where(NodeProtocol.IsNeighbour).Min();
}
