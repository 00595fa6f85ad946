namespace DataLoad.Demo;

/// <summary>
/// Some events: the rows to commit before their messages, the messages in order, the rows that are committed
/// after them, and what it all meant. Hand it to the tally before it is published.
/// </summary>
public sealed class GeneratedBatch
{
    /// <summary>Rows to commit before the messages are sent.</summary>
    public List<BusinessRow> RowsBefore { get; } = [];

    /// <summary>The messages.</summary>
    public List<WireMessage> Messages { get; } = [];

    /// <summary>Rows to commit after the messages were sent: their messages wait for them.</summary>
    public List<BusinessRow> RowsAfter { get; } = [];

    /// <summary>What each countable message meant.</summary>
    public List<MeantEvent> Meant { get; } = [];

    /// <summary>The stream of each message that must become a dead letter.</summary>
    public List<string> Dead { get; } = [];

    /// <summary>Adds what was meant to a tally.</summary>
    public void Record(Tally tally)
    {
        Meant.ForEach(meant => tally.Add(meant));
        Dead.ForEach(tally.AddDead);
    }

    internal void Send(WireMessage message, MeantEvent meant)
    {
        Messages.Add(message);
        Meant.Add(meant);
    }

    internal void SendBroken(WireMessage message)
    {
        Messages.Add(message);
        Dead.Add(message.Stream.Name);
    }
}
