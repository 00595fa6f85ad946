namespace DataLoad.Host.Hocon;

/// <summary>Something an override file sets that the reference does not allow.</summary>
/// <param name="Origin">Where it is set.</param>
/// <param name="Path">The path that is set.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="Suggestion">The nearest path that is known, or null when none is near.</param>
public sealed record HoconProblem(HoconOrigin Origin, string Path, string Message, string? Suggestion)
{
    /// <summary><c>file:line: message</c>.</summary>
    public override string ToString() => $"{Origin}: {Message}";
}
