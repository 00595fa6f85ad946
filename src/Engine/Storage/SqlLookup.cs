using System.Data.Common;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;

namespace DataLoad.Engine.Storage;

/// <summary>A business database, opened for reading only.</summary>
/// <remarks>Queries are written as for PostgreSQL, <c>… WHERE id = ANY(@keys)</c>, whatever the database is. Owns the database and closes it.</remarks>
public sealed class SqlLookup(SqlDatabase database) : ILookup
{
    /// <inheritdoc/>
    public string Name => database.Name;

    /// <inheritdoc/>
    public ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken) =>
        ReferenceEquals(rows.Step, step)
            ? database.QueryAsync(query, keys, (reader, token) => LookupReader.ReadAsync(reader, query, rows, token), cancellationToken)
            : throw new ArgumentException($"The rows are made for the step '{rows.Step.Name}', not '{step.Name}'.", nameof(rows));

    /// <inheritdoc/>
    public ValueTask PingAsync(CancellationToken cancellationToken) => database.PingAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();
}

/// <summary>Reads the rows of a business query into <see cref="LookupRows"/>: columns by name, each value by the type it has, without boxing.</summary>
/// <remarks>A value that cannot be read spoils only the events that need it.</remarks>
public static class LookupReader
{
    /// <summary>Empties <paramref name="rows"/> and fills them with all that a reader returns.</summary>
    /// <exception cref="LookupException">The result has no <c>id</c>, or not all of the step's columns.</exception>
    public static async ValueTask ReadAsync(DbDataReader reader, string query, LookupRows rows, CancellationToken cancellationToken)
    {
        rows.Clear();
        int[] ordinals = FindColumns(reader, query, rows.Step);
        while (await reader.ReadAsync(cancellationToken))
        {
            AddRow(reader, ordinals, rows);
        }
    }

    private static int[] FindColumns(DbDataReader reader, string query, LookupStep step)
    {
        string[] names = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        return [.. step.Columns.Select(column => column.Name).Prepend("id").Select(column => FindColumn(names, query, step, column))];
    }

    private static int FindColumn(string[] names, string query, LookupStep step, string column)
    {
        int exact = Array.IndexOf(names, column);
        int found = exact >= 0 ? exact : Array.FindIndex(names, name => string.Equals(name, column, StringComparison.OrdinalIgnoreCase));
        return found >= 0
            ? found
            : throw new LookupException($"The query '{step.Name}' returns no column '{column}'; name it so in the stream's query: {query}");
    }

    private static void AddRow(DbDataReader reader, int[] ordinals, LookupRows rows)
    {
        int row = ReadId(reader, ordinals[0]) is { } id ? rows.Add(id) : -1;
        if (row < 0)
        {
            return;
        }

        for (int i = 0; i < rows.Step.Columns.Length; i++)
        {
            RowColumn column = rows.Step.Columns[i];
            try
            {
                ReadValue(reader, ordinals[i + 1], rows, row, i, column.Kind);
            }
            catch (Exception e) when (IsOfTheValue(e))
            {
                rows.SetError(row, i, $"column {column.Name} cannot be read: expected {LookupValue.Expected(column.Kind)} ({e.Message})");
            }
        }
    }

    private static int? ReadId(DbDataReader reader, int ordinal)
    {
        try
        {
            return !reader.IsDBNull(ordinal) && LookupValue.Integer(reader, ordinal) is { } value && value == (int)value ? (int)value : null;
        }
        catch (Exception e) when (IsOfTheValue(e))
        {
            return null;
        }
    }

    /// <summary>What a driver throws on a value of a row that was read is that value's fault; a connection that is gone fails the next row's reading.</summary>
    private static bool IsOfTheValue(Exception e) => e is not (OperationCanceledException or OutOfMemoryException or ObjectDisposedException);

    private static void ReadValue(DbDataReader reader, int ordinal, LookupRows rows, int row, int column, ColumnKind kind)
    {
        if (reader.IsDBNull(ordinal))
        {
            // Add has set numbers to 0; a text may be left from an earlier batch.
            if (kind == ColumnKind.Text)
            {
                rows.SetText(row, column, value: null);
            }
        }
        else if (kind == ColumnKind.Text && LookupValue.Text(reader, ordinal) is { } text)
        {
            rows.SetText(row, column, text);
        }
        else if (kind != ColumnKind.Text && LookupValue.Number(reader, ordinal, kind) is { } number)
        {
            rows.SetNumber(row, column, number);
        }
        else
        {
            rows.SetError(row, column, $"column {rows.Step.Columns[column].Name} = {LookupValue.Show(reader, ordinal)}: expected {LookupValue.Expected(kind)}");
        }
    }
}
