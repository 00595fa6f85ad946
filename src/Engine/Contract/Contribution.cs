using System.Collections.Immutable;

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

    /// <summary>The same, where a fact has a value; 1 is what a flag is that is set.</summary>
    public Contribution If(string fact, long value = 1) => this with { When = new Condition(fact, value) };
}

/// <summary>What a <see cref="Contribution"/> adds.</summary>
public enum ContributionKind
{
    /// <summary>One, to a sum.</summary>
    One = 0,
    /// <summary>A fact's value, to a sum.</summary>
    Fact = 1,
    /// <summary>The event's <c>wuId</c>, to a distinct set; 0 adds nothing.</summary>
    User = 2,
    /// <summary>A fact's value as an id, to a distinct set; 0 adds nothing.</summary>
    FactId = 3,
}

/// <summary>A number that an event carries beside the common parameters, and that metrics are computed from: a quantity, money in hundredths, a flag as 0 or
/// 1, an id. Facts are kept in the journal by their place, so a stream's list of facts may grow at its end and nowhere else.</summary>
/// <param name="Name">The name by which contributions refer to it; unique within a stream.</param>
/// <param name="Step">The lookup step whose row holds it, or null where the message does.</param>
/// <param name="Source">The row's column, or the message's field.</param>
public sealed record Fact(string Name, string? Step, string Source)
{
    /// <summary>A fact that a column of a step's row holds, under the column's name.</summary>
    public static Fact Row(string step, string column) => new(column, step, column);

    /// <summary>Facts that columns of a step's row hold, in that order.</summary>
    public static ImmutableArray<Fact> Rows(string step, params IEnumerable<string> columns) => [.. columns.Select(column => Row(step, column))];

    /// <summary>A fact that a field of the message holds, under the field's name. An absent field is 0.</summary>
    public static Fact Message(string field) => new(field, Step: null, field);
}

/// <summary>A condition on one fact of an event: the value that it must have.</summary>
public sealed record Condition(string Fact, long Value);
