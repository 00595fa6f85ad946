namespace DataLoad.Host.Hocon.Resolving;

/// <summary>How far a written value has been evaluated.</summary>
internal sealed class HoconEvaluation
{
    /// <summary>Its place on the stack of evaluations under way, or -1.</summary>
    public int Position { get; set; } = -1;

    /// <summary>How many objects were being descended into when it began; meaningful while under way.</summary>
    public int Generation { get; set; }

    /// <summary>Whether <see cref="Result"/> holds wherever the value is looked at from.</summary>
    public bool IsKnown { get; set; }

    /// <summary>The result, null for undefined.</summary>
    public HoconNode? Result { get; set; }
}
