namespace DataLoad.Host.Hocon.Resolving;

/// <summary>A value after substitution. Immutable, and shared wherever a substitution repeats it.</summary>
internal abstract class HoconNode(HoconOrigin origin, long size, int height)
{
    /// <summary>Where the value was written, or the environment variable it came from.</summary>
    public HoconOrigin Origin { get; } = origin;

    /// <summary>Values and characters in the whole tree below, counted as often as they are repeated.</summary>
    public long Size { get; } = size;

    /// <summary>Levels of the tree from here; 1 for a scalar.</summary>
    public int Height { get; } = height;

    /// <summary>What this is, for messages: a value, an array or an object.</summary>
    public abstract string Describe();
}
