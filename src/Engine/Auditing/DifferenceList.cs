using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Auditing;

/// <summary>Counts all differences and lists the first ones.</summary>
/// <param name="limit">How many are listed at the most.</param>
internal sealed class DifferenceList(int limit)
{
    private readonly List<Difference> _listed = [];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<Difference> Listed => _listed;

    public void AddRow(DifferenceKind kind, Page page, string topicType, int topicId, int day) =>
        Add(new Difference(kind, page.Table, topicType, topicId, day));

    public void AddSequenceNr(Page page, StatisticsRow row, long journalValue) => Add(
        Of(DifferenceKind.SequenceNr, page, row) with { Column = "seq_nr", RowValue = row.SequenceNr, JournalValue = journalValue });

    public void AddValue(Page page, StatisticsRow row, int metric, long journalValue) => Add(Of(DifferenceKind.Value, page, row) with
    {
        Column = page.Metrics[metric].Column,
        IsAmount = page.Metrics[metric].Kind == MetricKind.Amount,
        RowValue = row.Values[metric],
        JournalValue = journalValue,
    });

    private static Difference Of(DifferenceKind kind, Page page, StatisticsRow row) =>
        new(kind, page.Table, row.TopicType, row.TopicId, row.Day);

    private void Add(Difference difference)
    {
        Count++;
        if (_listed.Count < limit)
        {
            _listed.Add(difference);
        }
    }
}
