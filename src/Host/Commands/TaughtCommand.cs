using System.CommandLine;

namespace DataLoad.Host.Commands;

/// <summary>A command whose help teaches more than the line that lists it.</summary>
/// <param name="name">The command's name.</param>
/// <param name="summary">What it does, in a line.</param>
/// <param name="details">What its own help says after the options: more about it, examples, exit codes.</param>
internal sealed class TaughtCommand(string name, string summary, string details) : Command(name, summary)
{
    /// <summary>What its own help says after the options.</summary>
    public string Details { get; } = details;
}
