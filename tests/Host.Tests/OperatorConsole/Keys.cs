using DataLoad.Host.OperatorConsole;

namespace DataLoad.Host.Tests.OperatorConsole;

/// <summary>Keys that were typed beforehand.</summary>
internal sealed class Keys : IKeySource
{
    private readonly Queue<ConsoleKeyInfo> _keys = new();

    public Keys Type(string text)
    {
        foreach (char c in text)
        {
            _keys.Enqueue(new ConsoleKeyInfo(c, default, shift: false, alt: false, control: false));
        }

        return this;
    }

    public Keys Press(ConsoleKey key, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _keys.Enqueue(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control: false));
        }

        return this;
    }

    public Keys Control(ConsoleKey key)
    {
        _keys.Enqueue(new ConsoleKeyInfo((char)(key - ConsoleKey.A + 1), key, shift: false, alt: false, control: true));
        return this;
    }

    public Keys Enter() => Type("\r");

    public ConsoleKeyInfo Read() => _keys.Dequeue();
}
