using System.Collections.Concurrent;
using System.Data.Common;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Which columns of which query are read as the text that the server writes of them. Learned at a query's first run.</summary>
/// <remarks>
/// A numeric has more digits than any type of .NET, so that an amount is judged by its value; a date or time may be infinite, and has
/// another text here than the database's own.
/// </remarks>
internal sealed class PostgreSqlTextColumns
{
    private static readonly string[] Types = ["numeric", "date", "time", "timestamp", "inet"];

    // Bounded by the settings: one for each step of each stream.
    private readonly ConcurrentDictionary<string, bool[]> _columns = new(StringComparer.Ordinal);

    /// <summary>The columns of a query that are read as text, or null where there are none or they are not known.</summary>
    public bool[]? Of(string query) => _columns.GetValueOrDefault(query);

    /// <summary>Notes a result's columns; true where the query is to be run again, since the result came with other columns as text.</summary>
    /// <remarks>
    /// What another run has noted meanwhile says nothing of this result: in a session that has the statement prepared for text, Npgsql takes the binary values
    /// of a run that asked for none for text.
    /// </remarks>
    public bool Learn(string query, DbDataReader reader, bool[]? asText)
    {
        bool[] found = [.. Enumerable.Range(0, reader.FieldCount).Select(i => IsReadAsText(reader.GetDataTypeName(i)))];
        if (asText is null ? !found.Contains(true) : asText.AsSpan().SequenceEqual(found))
        {
            return false;
        }

        _columns[query] = found;
        return true;
    }

    /// <summary>The query as a statement of its own. Npgsql keeps with a statement that a session has prepared how its columns came, by its text: where one was
    /// prepared for other columns as text, by a run that failed as well, it would take text for binary values.</summary>
    public static string StatementOf(string query, bool[] asText) => $"/* as text: {string.Concat(asText.Select(isText => isText ? '1' : '0'))} */ {query}";

    public static DbCommand ReadAsText(DbCommand command, bool[] columns)
    {
        ((NpgsqlCommand)command).UnknownResultTypeList = columns;
        return command;
    }

    /// <summary>By the first word: what follows is a length or a zone, and of an array a bracket.</summary>
    private static bool IsReadAsText(string type)
    {
        int end = type.IndexOfAny(['(', ' ']);
        return !type.EndsWith(']') && Types.AsSpan().Contains(end < 0 ? type : type[..end]);
    }
}
