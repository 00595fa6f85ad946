namespace DataLoad.Demo;

/// <summary>A busy topic's numbers over all its days, as the tables have them.</summary>
public sealed record TopTopic(string Type, int Id, long Visits, long Shares, long Orders, decimal Paid);
