namespace DataLoad.Demo;

/// <summary>The expected row of one topic and day: sums, and the distinct sets in full.</summary>
public sealed class TallyRow
{
    private readonly StatTable _table;
    private readonly decimal[] _sums;
    private readonly HashSet<int>?[] _sets;

    internal TallyRow(StatTable table)
    {
        _table = table;
        _sums = new decimal[table.Columns.Count];
        _sets = new HashSet<int>?[table.Columns.Count];
    }

    /// <summary>The expected value of the column at this place of <see cref="StatTable.Columns"/>.</summary>
    public decimal this[int column] =>
        _table.Columns[column].Kind == CellKind.Distinct ? _sets[column]?.Count ?? 0 : _sums[column];

    /// <summary>The expected value of a column.</summary>
    public decimal this[string column] => this[_table.IndexOf(column)];

    /// <summary>The members that a distinct column is expected to have.</summary>
    public IReadOnlyCollection<int> MembersOf(string column) => _sets[_table.IndexOf(column)] ?? [];

    /// <summary>What was added up in a column; 0 in a distinct one, which a repeat does not change.</summary>
    internal decimal Sum(int column) => _table.Columns[column].Kind == CellKind.Distinct ? 0 : _sums[column];

    internal void Add(string column, decimal value) => _sums[_table.IndexOf(column)] += value;

    internal void AddTo(string column, int id)
    {
        // 0 is an anonymous user, or no brand: in the counts, in no set.
        if (id != 0)
        {
            (_sets[_table.IndexOf(column)] ??= []).Add(id);
        }
    }
}
