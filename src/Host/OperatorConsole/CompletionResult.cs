namespace DataLoad.Host.OperatorConsole;

/// <summary>What a word may be completed to.</summary>
/// <param name="Start">Where the word begins.</param>
/// <param name="Candidates">What it may become, in order; all begin with what is written.</param>
internal sealed record CompletionResult(int Start, IReadOnlyList<string> Candidates);
