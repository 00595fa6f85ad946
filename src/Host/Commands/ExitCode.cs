using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary>What a command's exit code says.</summary>
internal static class ExitCode
{
    /// <summary>The work is done, and nothing is wrong.</summary>
    public const int Done = 0;

    /// <summary>The work is done, and something is wrong: a problem, a difference, damage.</summary>
    public const int Found = 1;

    /// <summary>The work could not be done.</summary>
    public const int Failed = Failure.ExitCode;
}
