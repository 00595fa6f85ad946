namespace DataLoad.Host.OperatorConsole;

/// <summary>Lines from a file or a pipe; nobody is prompted.</summary>
internal sealed class PipedLines(TextReader input) : ILineSource
{
    /// <inheritdoc/>
    public string? ReadLine(string prompt) => input.ReadLine();
}
