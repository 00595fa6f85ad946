using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Resolving;

/// <summary>The queries for the reference schema, where a table is named as its step is and a column as the step's is.</summary>
public static class DefaultQueries
{
    /// <summary>The query of a step.</summary>
    public static string Of(LookupStep step) =>
        $"SELECT id, {string.Join(", ", step.Columns.Select(column => column.Name))} FROM {step.Name} WHERE id = ANY(@keys)";
}
