namespace DataLoad.Host.OperatorConsole;

/// <summary>Where a console's lines come from.</summary>
internal interface ILineSource
{
    /// <summary>The next line, or null where there is none any more.</summary>
    string? ReadLine(string prompt);
}
