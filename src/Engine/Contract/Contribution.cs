namespace DataLoad.Engine.Contract;

/// <summary>What one event of a stream adds to one metric.</summary>
/// <param name="Column">The metric's column.</param>
/// <param name="Kind">What is added.</param>
/// <param name="Fact">The fact that is added, for the kinds that add one.</param>
/// <param name="When">The condition under which it is added, or null for always.</param>
public sealed record Contribution(string Column, ContributionKind Kind, string? Fact = null, Condition? When = null)
{
    /// <summary>Adds one.</summary>
    public static Contribution One(string column) => new(column, ContributionKind.One);

    /// <summary>Adds a fact's value.</summary>
    public static Contribution Sum(string column, string fact) => new(column, ContributionKind.Fact, fact);

    /// <summary>Adds the event's user to a distinct set.</summary>
    public static Contribution User(string column) => new(column, ContributionKind.User);

    /// <summary>Adds the id that a fact holds to a distinct set.</summary>
    public static Contribution Distinct(string column, string fact) => new(column, ContributionKind.FactId, fact);
}
