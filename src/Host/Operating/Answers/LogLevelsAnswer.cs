namespace DataLoad.Host.Operating.Answers;

/// <summary>What is logged.</summary>
internal sealed record LogLevelsAnswer(string Default, IReadOnlyDictionary<string, string> Categories);
