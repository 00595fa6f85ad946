namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>Hashes that are the same in every process.</summary>
internal static class StableHash
{
    public static ulong Of(string text, ulong start = 14_695_981_039_346_656_037)
    {
        ulong hash = start;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1_099_511_628_211;
        }

        return hash;
    }

    /// <summary>The finalizer of SplitMix64: spreads every bit over the whole word.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
