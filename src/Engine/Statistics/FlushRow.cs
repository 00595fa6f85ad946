using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Statistics;

/// <summary>One row on its way to its page's table.</summary>
/// <param name="Page">The page.</param>
/// <param name="Row">The row.</param>
/// <param name="Correct">Whether it may overwrite a row that holds at an equal SequenceNr.</param>
public readonly record struct FlushRow(Page Page, StatisticsRow Row, bool Correct);
