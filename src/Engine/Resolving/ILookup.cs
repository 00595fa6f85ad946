using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Resolving;

/// <summary>The business database, which is only ever read.</summary>
public interface ILookup : IAsyncDisposable
{
    /// <summary>A name for messages, without secrets.</summary>
    string Name { get; }

    /// <summary>Runs a step's query for an array of keys, in one round trip, and fills <paramref name="rows"/>. The query has one parameter, <c>@keys</c>, an
    /// array of integers, and returns <c>id</c> and the step's columns, by name and in any order. A value that cannot be read, here or by the database, spoils
    /// its own row.</summary>
    /// <exception cref="LookupException">The query lacks a column that the step declares; others are the driver's.</exception>
    ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken);

    /// <summary>Why business rows cannot be read through this connection, with the remedy; null where they can.</summary>
    ValueTask<string?> CheckDatabaseAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <summary>What is worth knowing of the database, a sentence each, though it can be used.</summary>
    ValueTask<IReadOnlyList<string>> FindWarningsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);

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

/// <summary>The rows that one query returned, column by column, and reused from batch to batch. Not thread-safe.</summary>
public sealed class LookupRows
{
    /// <summary>The column of what is wrong with a row as a whole.</summary>
    public const int WholeRow = -1;

    private const long Null = long.MinValue;
    private const int InitialRows = 64;

    private readonly Dictionary<int, int> _rowByKey = [];
    private readonly long[][] _numbers;
    private readonly string?[][] _texts;
    private readonly Dictionary<(int Row, int Column), string> _errors = [];
    private int _capacity = InitialRows;

    /// <summary>Makes an empty set of rows with a step's columns.</summary>
    public LookupRows(LookupStep step)
    {
        Step = step;
        _numbers = new long[step.Columns.Length][];
        _texts = new string?[step.Columns.Length][];
        for (int i = 0; i < step.Columns.Length; i++)
        {
            if (step.Columns[i].Kind == ColumnKind.Text)
            {
                _texts[i] = new string?[InitialRows];
            }
            else
            {
                _numbers[i] = new long[InitialRows];
            }
        }
    }

    /// <summary>The step whose rows these are.</summary>
    public LookupStep Step { get; }

    /// <summary>How many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        foreach (string?[]? column in _texts)
        {
            column?.AsSpan(0, Count).Clear();
        }

        _errors.Clear();
        _rowByKey.Clear();
        Count = 0;
    }

    /// <summary>Adds a row with all columns null; of rows with the same key the first stands.</summary>
    /// <returns>The row's place, or -1 where the key has a row already.</returns>
    public int Add(int key) => _rowByKey.TryAdd(key, Count) ? AddRow() : -1;

    /// <summary>Adds a further row of a key that has one, to be compared with that and taken away: see <see cref="TakeRepeat"/>.</summary>
    public int AddRepeat() => AddRow();

    /// <summary>Takes the row that was added last away; where it holds something else than another one, that one is marked as a whole.</summary>
    public void TakeRepeat(int row)
    {
        int repeat = Count - 1;
        for (int i = 0; i < Step.Columns.Length; i++)
        {
            bool isSame = _texts[i] is { } texts
                ? string.Equals(texts[row], texts[repeat], StringComparison.Ordinal)
                : _numbers[i][row] == _numbers[i][repeat];
            if (!isSame || !string.Equals(Error(row, i), Error(repeat, i), StringComparison.Ordinal))
            {
                SetError(row, WholeRow, $"is several rows, which differ in column {Step.Columns[i].Name}");
            }

            _texts[i]?[repeat] = null;
            _errors.Remove((repeat, i));
        }

        Count--;
    }

    private int AddRow()
    {
        if (Count == _capacity)
        {
            Grow();
        }

        foreach (long[]? column in _numbers)
        {
            column?[Count] = Null;
        }

        return Count++;
    }

    /// <summary>The place of a key's row, or -1.</summary>
    public int Find(int key) => _rowByKey.TryGetValue(key, out int row) ? row : -1;

    /// <summary>Sets a number: an integer, a time, money in hundredths, or a flag as 0 or 1.</summary>
    public void SetNumber(int row, int column, long value) => _numbers[column][row] = value;

    /// <summary>Sets a text.</summary>
    public void SetText(int row, int column, string? value) => _texts[column][row] = value;

    /// <summary>Marks a value that cannot be read, naming column and value. It matters only to an event whose message does not say it.</summary>
    public void SetError(int row, int column, string error) => _errors[(row, column)] = error;

    /// <summary>A number of a row; 0 where it is null.</summary>
    public long Number(int row, int column) => _numbers[column][row] is long value and not Null ? value : 0;

    /// <summary>Whether a column of a row is not null.</summary>
    public bool Has(int row, int column) => _texts[column] is string?[] texts ? texts[row] is not null : _numbers[column][row] != Null;

    /// <summary>A text of a row.</summary>
    public string? Text(int row, int column) => _texts[column][row];

    /// <summary>Why a value cannot be read, or null. Such a value is null otherwise.</summary>
    public string? Error(int row, int column) => _errors.Count == 0 ? null : _errors.GetValueOrDefault((row, column));

    private void Grow()
    {
        int size = _capacity *= 2;
        for (int i = 0; i < _numbers.Length; i++)
        {
            if (_numbers[i] is not null)
            {
                Array.Resize(ref _numbers[i], size);
            }

            if (_texts[i] is not null)
            {
                Array.Resize(ref _texts[i], size);
            }
        }
    }
}
