using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>A part of a list of rows, turned into an array a column.</summary>
internal readonly struct StatisticsColumns(IReadOnlyList<StatisticsRow> rows, int start, int count)
{
    /// <summary>Topic type, topic id and day.</summary>
    public void AddKeys(NpgsqlParameterCollection parameters)
    {
        parameters.Add(Parameter.Of(Column(row => row.TopicType)));
        parameters.Add(Parameter.Of(Column(row => row.TopicId)));
        parameters.Add(Parameter.Of(Column(row => DateOnly.FromDayNumber(row.Day))));
    }

    /// <summary>Shard and epoch, and the key.</summary>
    public void AddFenced(NpgsqlParameterCollection parameters)
    {
        parameters.Add(Parameter.Of(Column(row => row.Shard)));
        parameters.Add(Parameter.Of(Column(row => row.Epoch)));
        AddKeys(parameters);
    }

    /// <summary>The SequenceNr that each row holds at.</summary>
    /// <exception cref="ArgumentException">A row has none.</exception>
    public void AddSequenceNrs(NpgsqlParameterCollection parameters) =>
        parameters.Add(Parameter.Of(Column(row => row.SequenceNr ?? throw new ArgumentException("A row to write has no SequenceNr.", nameof(rows)))));

    /// <summary>
    /// The metrics of all rows, row by row, as one array; amounts stay in hundredths, which the statement divides,
    /// because whole numbers are cheap to send.
    /// </summary>
    /// <exception cref="ArgumentException">A row has another number of values than the page has metrics.</exception>
    public void AddMetrics(NpgsqlParameterCollection parameters, Page page)
    {
        int metrics = page.Metrics.Length;
        long[] values = new long[count * metrics];
        for (int i = 0; i < count; i++)
        {
            long[] row = rows[start + i].Values;
            if (row.Length != metrics)
            {
                throw new ArgumentException($"A row has {row.Length} values and page '{page.Name}' has {metrics} metrics.", nameof(page));
            }

            row.CopyTo(values.AsSpan(i * metrics));
        }

        parameters.Add(Parameter.Of(values));
    }

    private T[] Column<T>(Func<StatisticsRow, T> value)
    {
        var column = new T[count];
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = value(rows[start + i]);
        }

        return column;
    }
}
