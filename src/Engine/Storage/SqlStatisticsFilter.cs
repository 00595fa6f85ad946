using DataLoad.Engine.Statistics;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>A filter as the condition of a query, with its parameters.</summary>
internal sealed class SqlStatisticsFilter
{
    private readonly List<string> _conditions = [];
    private readonly List<DataParameter> _parameters = [];

    public SqlStatisticsFilter(SqlDialect dialect, StatisticsFilter filter, string? search = null)
    {
        if (filter.TopicType is { } type)
        {
            Add("topic_type = @type", DataParameter.Text("type", type));
        }

        if (filter.TopicId is { } id)
        {
            Add("topic_id = @id", DataParameter.Int32("id", id));
        }

        if (filter.From is { } from)
        {
            Add("stat_date >= @first", dialect.Day("first", Within(from)));
        }

        if (filter.To is { } to)
        {
            Add("stat_date <= @final", dialect.Day("final", Within(to)));
        }

        if (search is not null)
        {
            Add(dialect.Contains("lower(topic_type || '/' || topic_id)", "@search"), DataParameter.Text("search", search.ToLowerInvariant()));
        }
    }

    /// <summary>The WHERE clause, or nothing.</summary>
    public string Where => _conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", _conditions)}";

    /// <summary>The parameters; one command's each time.</summary>
    public DataParameter[] Parameters => [.. _parameters];

    /// <summary>Adds a condition.</summary>
    public void Add(string condition, params IEnumerable<DataParameter> parameters)
    {
        _conditions.Add(condition);
        _parameters.AddRange(parameters);
    }

    /// <summary>A filter may name days before the first or after the last that there are.</summary>
    private static int Within(int day) => Math.Clamp(day, DateOnly.MinValue.DayNumber, DateOnly.MaxValue.DayNumber);
}
