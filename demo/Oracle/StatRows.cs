using System.Data.Common;
using System.Globalization;
using Dapper;

namespace DataLoad.Demo;

/// <summary>Reads the statistics tables, from SQLite or PostgreSQL, whatever types a store gives their columns.</summary>
public static class StatRows
{
    /// <summary>All rows of both pages' tables, their values in the order of <see cref="StatTable.Columns"/>.</summary>
    public static Task<Dictionary<RowKey, decimal[]>> ReadAsync(DbConnection connection, CancellationToken cancel = default) =>
        ReadAsync(connection, byParent: false, cancel);

    /// <summary>All rows of both breakdowns by parent, likewise.</summary>
    public static Task<Dictionary<RowKey, decimal[]>> ReadPartsAsync(DbConnection connection, CancellationToken cancel = default) =>
        ReadAsync(connection, byParent: true, cancel);

    private static async Task<Dictionary<RowKey, decimal[]>> ReadAsync(DbConnection connection, bool byParent, CancellationToken cancel)
    {
        var rows = new Dictionary<RowKey, decimal[]>();
        foreach (var table in StatTable.All)
        {
            var name = byParent ? table.ByParent : table.Name;
            var parent = byParent ? ", parent_topic_type, parent_topic_id" : "";
            var sql = $"select topic_type, topic_id, stat_date, {string.Join(", ", table.Columns.Select(column => column.Name))}{parent} from {name}";
            await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(sql, cancellationToken: cancel));
            while (await reader.ReadAsync(cancel))
            {
                var key = new RowKey(name, reader.GetString(0), reader.GetInt32(1), Day(reader.GetValue(2)))
                {
                    Parent = byParent ? (reader.GetString(table.Columns.Count + 3), reader.GetInt32(table.Columns.Count + 4)) : null,
                };
                var values = new decimal[table.Columns.Count];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = Number(reader.GetValue(i + 3));
                }

                rows.Add(key, values);
            }
        }

        return rows;
    }

    private static DateOnly Day(object value) => value switch
    {
        DateOnly day => day,
        DateTime time => DateOnly.FromDateTime(time),
        string text => DateOnly.ParseExact(text[..Math.Min(text.Length, 10)], "yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => throw new InvalidDataException($"stat_date is a {value.GetType().Name}; a date or a text such as 2024-05-01 was expected"),
    };

    private static decimal Number(object value) => value switch
    {
        string text => decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture),
        DBNull => throw new InvalidDataException("a statistics column is null; all of them are 'not null default 0'"),
        _ => Convert.ToDecimal(value, CultureInfo.InvariantCulture),
    };
}
