using System.Data.Common;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;

namespace DataLoad.Engine.Storage;

/// <summary>
/// Reads the rows of a business query into <see cref="LookupRows"/>, whatever the database: columns by name, each value
/// by the type it has, without boxing. A value that cannot be read spoils only the events that need it.
/// </summary>
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
        int[] ordinals = new int[step.Columns.Length + 1];
        ordinals[0] = FindColumn(reader, query, step, "id");
        for (int i = 0; i < step.Columns.Length; i++)
        {
            ordinals[i + 1] = FindColumn(reader, query, step, step.Columns[i].Name);
        }

        return ordinals;
    }

    private static int FindColumn(DbDataReader reader, string query, LookupStep step, string column)
    {
        int loose = -1;
        for (int i = 0; i < reader.FieldCount; i++)
        {
            string name = reader.GetName(i);
            if (string.Equals(name, column, StringComparison.Ordinal))
            {
                return i;
            }

            if (loose < 0 && string.Equals(name, column, StringComparison.OrdinalIgnoreCase))
            {
                loose = i;
            }
        }

        return loose >= 0
            ? loose
            : throw new LookupException($"The query '{step.Name}' returns no column '{column}'; name it so in the stream's query: {query}");
    }

    private static void AddRow(DbDataReader reader, int[] ordinals, LookupRows rows)
    {
        if (!TryReadId(reader, ordinals[0], out int id))
        {
            return;
        }

        int row = rows.Add(id);
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

    private static bool TryReadId(DbDataReader reader, int ordinal, out int id)
    {
        id = 0;
        try
        {
            if (reader.IsDBNull(ordinal) || !LookupValue.TryInteger(reader, ordinal, out long value) || value != (int)value)
            {
                return false;
            }

            id = (int)value;
            return true;
        }
        catch (Exception e) when (IsOfTheValue(e))
        {
            return false;
        }
    }

    /// <summary>
    /// Whatever a driver throws on a value of a row that it has read is that value's fault: a row is in memory as a whole,
    /// and a connection that is gone fails the next one's reading.
    /// </summary>
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

            return;
        }

        if (kind == ColumnKind.Text)
        {
            if (LookupValue.TryText(reader, ordinal, out string? text))
            {
                rows.SetText(row, column, text);
                return;
            }
        }
        else if (LookupValue.TryNumber(reader, ordinal, kind, out long number))
        {
            rows.SetNumber(row, column, number);
            return;
        }

        rows.SetError(row, column, $"column {rows.Step.Columns[column].Name} = {LookupValue.Show(reader, ordinal)}: expected {LookupValue.Expected(kind)}");
    }
}
