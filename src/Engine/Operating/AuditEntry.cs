namespace DataLoad.Engine.Operating;

/// <summary>One entry of the audit log: something that somebody had done to the engine.</summary>
public sealed record AuditEntry
{
    /// <summary>The outcome of what was begun and has not ended, or ended with its node.</summary>
    public const string Begun = "begun";

    /// <summary>The outcome of what worked.</summary>
    public const string Done = "done";

    /// <summary>The longest text that is kept of any of its parts, in characters.</summary>
    public const int MaxCharacters = 1000;

    /// <summary>Its number, 1 and up; 0 before it is written.</summary>
    public long Id { get; init; }

    /// <summary>When it was begun, in epoch milliseconds.</summary>
    public required long AtMs { get; init; }

    /// <summary>The node that did it.</summary>
    public required string Node { get; init; }

    /// <summary>Who asked for it: role, way and address.</summary>
    public required string Actor { get; init; }

    /// <summary>What, as in <c>stream.pause</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to, as in <c>act.buy</c>; empty for the whole.</summary>
    public string Target { get; init; } = "";

    /// <summary>More of what was asked for, and what came of it.</summary>
    public string Detail { get; init; } = "";

    /// <summary><see cref="Begun"/>, <see cref="Done"/>, or a sentence that says what went wrong.</summary>
    public string Outcome { get; init; } = Begun;
}
