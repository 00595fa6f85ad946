using System.CommandLine;
using DataLoad.Host.Operating;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Which node a command asks.</summary>
internal abstract class NodeSource
{
    /// <summary>Gives a command the options that say it, if any.</summary>
    public abstract void AddTo(Command command);

    /// <summary>What was said.</summary>
    /// <exception cref="NodeException">No node is named.</exception>
    public abstract (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result);
}
