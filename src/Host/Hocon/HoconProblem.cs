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

/// <summary>A place in the configuration whose keys the user chooses, so that the reference cannot list them.</summary>
/// <param name="Pattern">
/// The path of an entry, where <c>*</c> is any one element: <c>dataload.streams.*</c>. For free form, the path of the
/// object itself, below which anything goes: <c>dataload.amqp.queue-arguments</c>.
/// </param>
/// <param name="Template">
/// The path of the object in the reference whose keys each entry may have, such as <c>dataload.stream-defaults</c>;
/// null for free form.
/// </param>
public sealed record HoconOpenMap(string Pattern, string? Template = null);
