using System.Collections.Concurrent;
using System.Data.Common;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>
/// Which columns of which query are of type numeric, whose values have more digits than any type of .NET: they are asked
/// for as text, so that an amount is judged by its value. Learned at a query's first run.
/// </summary>
internal sealed class PostgreSqlNumerics
{
    // Bounded by the settings: one for each step of each stream.
    private readonly ConcurrentDictionary<string, bool[]> _columns = new(StringComparer.Ordinal);

    /// <summary>The columns of a query that are read as text, or null where there are none or they are not known.</summary>
    public bool[]? Of(string query) => _columns.GetValueOrDefault(query);

    /// <summary>Notes a result's columns; true where the query is to be run again.</summary>
    public bool Learn(string query, DbDataReader reader)
    {
        bool[]? known = _columns.GetValueOrDefault(query);
        bool[] found = new bool[reader.FieldCount];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = reader.GetDataTypeName(i).StartsWith("numeric", StringComparison.Ordinal);
        }

        if (known is null ? !found.Contains(true) : known.AsSpan().SequenceEqual(found))
        {
            return false;
        }

        _columns[query] = found;
        return true;
    }

    /// <summary>Asks for columns as text.</summary>
    public static DbCommand ReadAsText(DbCommand command, bool[] columns)
    {
        ((NpgsqlCommand)command).UnknownResultTypeList = columns;
        return command;
    }
}
