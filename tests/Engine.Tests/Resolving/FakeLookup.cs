using System.Globalization;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;

namespace DataLoad.Engine.Tests.Resolving;

/// <summary>
/// A business database of rows written as text: <c>orders 7 is_vip=1 pay_amount=12.34</c>, one after another with
/// semicolons between. A column that a row does not name is null, except the required common ones; <c>row=words</c> spoils
/// the row as a whole.
/// </summary>
internal sealed class FakeLookup : ILookup
{
    public const string Topic = "lesson";
    public const int TopicId = 9;
    public const int User = 42;

    private readonly Dictionary<(string Table, int Id), Dictionary<string, string>> _rows = [];

    public string Name => "fake";

    /// <summary>How many queries failed or worked.</summary>
    public int Queries { get; private set; }

    /// <summary>How many of the next queries fail.</summary>
    public int Failures { get; set; }

    /// <summary>Whether each query fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>Where set, each query waits at it, so that the clock can be held still while an answer is dealt with.</summary>
    public SemaphoreSlim? Gate { get; set; }

    /// <summary>The keys of each query that worked.</summary>
    public List<int[]> Asked { get; } = [];

    public FakeLookup With(string rows)
    {
        foreach (string row in rows.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var values = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["session_str"] = "session",
                ["topic_type"] = Topic,
                ["topic_id"] = TopicId.ToString(CultureInfo.InvariantCulture),
                ["wu_id"] = User.ToString(CultureInfo.InvariantCulture),
            };
            foreach (string word in words[2..])
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                values[word[..equals]] = word[(equals + 1)..];
            }

            _rows[(words[0], int.Parse(words[1], CultureInfo.InvariantCulture))] = values;
        }

        return this;
    }

    public async ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken)
    {
        Queries++;
        if (Gate is { } gate)
        {
            await gate.WaitAsync(cancellationToken);
        }

        if (IsAway || Failures > 0)
        {
            Failures -= IsAway ? 0 : 1;
            throw new IOException("the business database is away");
        }

        Asked.Add(keys.ToArray());
        rows.Clear();
        foreach (int key in keys.Span)
        {
            if (_rows.TryGetValue((step.Name, key), out Dictionary<string, string>? values))
            {
                Add(step, key, values, rows);
            }
        }
    }

    public ValueTask PingAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Add(LookupStep step, int key, Dictionary<string, string> values, LookupRows rows)
    {
        int row = rows.Add(key);
        if (values.TryGetValue("row", out string? spoilt))
        {
            rows.SetError(row, LookupRows.WholeRow, spoilt);
        }

        for (int i = 0; i < step.Columns.Length; i++)
        {
            string? value = values.GetValueOrDefault(step.Columns[i].Name);
            value = string.Equals(value, "null", StringComparison.Ordinal) ? null : value;
            if (step.Columns[i].Kind == ColumnKind.Text)
            {
                rows.SetText(row, i, value);
            }
            else if (string.Equals(value, "bad", StringComparison.Ordinal))
            {
                rows.SetError(row, i, $"column {step.Columns[i].Name} = bad");
            }
            else if (value is not null)
            {
                decimal number = decimal.Parse(value, CultureInfo.InvariantCulture);
                rows.SetNumber(row, i, (long)(step.Columns[i].Kind == ColumnKind.Amount ? number * 100 : number));
            }
        }
    }
}
