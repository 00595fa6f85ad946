namespace DataLoad.Engine.Contract;

/// <summary>
/// A number that an event carries beside the common parameters, and that metrics are computed from: a quantity,
/// money in hundredths, a flag as 0 or 1, an id. Facts are kept in the journal by their place, so a stream's list
/// of facts may grow at its end and nowhere else.
/// </summary>
/// <param name="Name">The name by which contributions refer to it; unique within a stream.</param>
/// <param name="Step">The lookup step whose row holds it, or null where the message does.</param>
/// <param name="Source">The row's column, or the message's field.</param>
public sealed record Fact(string Name, string? Step, string Source)
{
    /// <summary>A fact that a column of a step's row holds, under the column's name.</summary>
    public static Fact Row(string step, string column) => new(column, step, column);

    /// <summary>A fact that a field of the message holds, under the field's name. An absent field is 0.</summary>
    public static Fact Message(string field) => new(field, Step: null, field);
}
