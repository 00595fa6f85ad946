namespace DataLoad.Demo;

/// <summary>A backlog that lies in the queues.</summary>
/// <param name="Messages">Messages published and confirmed.</param>
/// <param name="Rows">Business rows inserted.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record BacklogResult(int Messages, long Rows, TimeSpan Elapsed);
