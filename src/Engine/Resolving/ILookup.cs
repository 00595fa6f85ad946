using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Resolving;

/// <summary>The business database, which is only ever read.</summary>
public interface ILookup : IAsyncDisposable
{
    /// <summary>A name for messages, without secrets.</summary>
    string Name { get; }

    /// <summary>Runs a step's query for an array of keys, in one round trip, and fills <paramref name="rows"/>. The query has one parameter, <c>@keys</c>, an
    /// array of integers, and returns <c>id</c> and the step's columns, by name and in any order. A value that cannot be read spoils its own row
    /// only.</summary>
    /// <exception cref="LookupException">The query lacks a column that the step declares; others are the driver's.</exception>
    ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken);

    /// <summary>One trivial round trip, for health.</summary>
    ValueTask PingAsync(CancellationToken cancellationToken);
}

/// <summary>A query's result is not what its step declares; the message names the query and the column.</summary>
public sealed class LookupException(string message) : Exception(message);

/// <summary>The queries for the reference schema, where a table is named as its step is and a column as the step's is.</summary>
public static class DefaultQueries
{
    /// <summary>The query of a step.</summary>
    public static string Of(LookupStep step) =>
        $"SELECT id, {string.Join(", ", step.Columns.Select(column => column.Name))} FROM {step.Name} WHERE id = ANY(@keys)";
}
