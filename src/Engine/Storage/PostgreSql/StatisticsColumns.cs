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

    /// <summary>The metrics; amounts stay in hundredths, which the statement divides, because long arrays are cheap to send.</summary>
    public void AddMetrics(NpgsqlParameterCollection parameters, Page page)
    {
        for (int metric = 0; metric < page.Metrics.Length; metric++)
        {
            long[] column = new long[count];
            for (int i = 0; i < count; i++)
            {
                column[i] = rows[start + i].Values[metric];
            }

            parameters.Add(Parameter.Of(column));
        }
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
