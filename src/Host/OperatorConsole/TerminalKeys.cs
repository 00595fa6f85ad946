namespace DataLoad.Host.OperatorConsole;

/// <summary>Where keys come from.</summary>
internal interface IKeySource
{
    /// <summary>Waits for a key.</summary>
    ConsoleKeyInfo Read();
}

/// <summary>The terminal's keys. Ctrl-C is one of them while it waits, and ends what runs otherwise.</summary>
internal sealed class TerminalKeys : IKeySource
{
    /// <inheritdoc/>
    public ConsoleKeyInfo Read()
    {
        Console.TreatControlCAsInput = true;
        try
        {
            return Console.ReadKey(intercept: true);
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }
}
