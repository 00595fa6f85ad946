using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Auditing;

/// <summary>The statistics rows of one Partition, as they were read.</summary>
internal sealed class PartitionRows
{
    private readonly Dictionary<CounterId, StatisticsRow> _rows = [];
    private readonly Dictionary<CounterId, (Page Page, StatisticsRow Row)> _foreign = [];

    /// <summary>The rows that the engine wrote.</summary>
    public IReadOnlyDictionary<CounterId, StatisticsRow> ById => _rows;

    /// <summary>The rows that the engine did not write, with their page.</summary>
    public IEnumerable<(Page Page, StatisticsRow Row)> Foreign => _foreign.Values;

    public void Add(Page page, in CounterId id, StatisticsRow row)
    {
        if (row.SequenceNr is null)
        {
            _foreign[id] = (page, row);
        }
        else
        {
            _rows[id] = row;
        }
    }

    /// <summary>Whether the Counter has a row, whoever wrote it.</summary>
    public bool Has(in CounterId id) => _rows.ContainsKey(id) || _foreign.ContainsKey(id);

    /// <summary>The SequenceNr of a Counter's row; 0 where it has none.</summary>
    public long SequenceNrOf(in CounterId id) => _rows.TryGetValue(id, out StatisticsRow? row) ? row.SequenceNr ?? 0 : 0;
}
