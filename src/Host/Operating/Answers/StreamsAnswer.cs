namespace DataLoad.Host.Operating.Answers;

/// <summary>All streams.</summary>
internal sealed record StreamsAnswer(IReadOnlyList<StreamAnswer> Streams);
