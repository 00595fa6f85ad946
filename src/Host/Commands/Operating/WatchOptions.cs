using System.CommandLine;

namespace DataLoad.Host.Commands.Operating;

/// <summary>The options of commands that can look again and again.</summary>
internal sealed class WatchOptions
{
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Looks again and again, until Ctrl-C." };
    private readonly Option<int> _count = WholeNumber.Option("--count", "N", "With --watch: ends after so many pictures; 0 never.", 0, 1_000_000, 0);

    /// <summary>The options.</summary>
    public Symbol[] Symbols => [_watch, _count];

    /// <summary>Whether to look again.</summary>
    public bool IsOn(ParseResult result) => result.GetValue(_watch);

    /// <summary>After how many pictures it ends; 0 for never.</summary>
    public int Pictures(ParseResult result) => result.GetValue(_count);
}
