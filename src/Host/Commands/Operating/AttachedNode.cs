using System.CommandLine;
using DataLoad.Host.Operating;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands.Operating;

/// <summary>The node that a console is attached to: its commands need not name it.</summary>
internal sealed class AttachedNode(NodeAccess node, ConsoleSettings settings) : NodeSource
{
    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        // There is nothing to say.
    }

    /// <inheritdoc/>
    public override (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result) => (node, settings);
}
