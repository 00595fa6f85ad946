namespace DataLoad.Host.OperatorConsole;

/// <summary>Where keys come from.</summary>
internal interface IKeySource
{
    /// <summary>Waits for a key.</summary>
    ConsoleKeyInfo Read();
}
