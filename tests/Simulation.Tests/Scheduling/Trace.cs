using System.Globalization;

namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>What happened in a run: always as a hash, and as lines where a timeline is wanted.</summary>
internal sealed class Trace
{
    private const int MaxLines = 20_000;

    private ulong _hash = 14_695_981_039_346_656_037;

    /// <summary>The lines, where they are kept.</summary>
    public List<string>? Lines { get; set; }

    /// <summary>Equal for runs in which the same things happened at the same steps.</summary>
    public ulong Hash => _hash;

    public void Add(long elapsedMs, long step, string who, string what)
    {
        Mix((ulong)elapsedMs);
        Mix((ulong)step);
        Mix(who);
        Mix(what);
        Note(elapsedMs, step, who, what);
    }

    public void Note(long elapsedMs, long step, string who, string what)
    {
        if (Lines is { Count: < MaxLines } lines)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{elapsedMs / 1000.0,9:0.000}s #{step,-7} {who,-10} {what}"));
        }
    }

    private void Mix(string text)
    {
        foreach (char c in text)
        {
            _hash = (_hash ^ c) * 1_099_511_628_211;
        }

        _hash = (_hash ^ 0xFFFF) * 1_099_511_628_211;
    }

    private void Mix(ulong value)
    {
        for (int i = 0; i < 8; i++, value >>= 8)
        {
            _hash = (_hash ^ (value & 0xFF)) * 1_099_511_628_211;
        }
    }
}
