namespace DataLoad.Bench.Drain;

/// <summary>One drain.</summary>
/// <param name="Contender">Who drained: <c>acknowledge</c>, <c>dataload</c> or <c>handwritten</c>.</param>
/// <param name="QueueType">The queues' type.</param>
/// <param name="Pair">Which pair it belongs to, from 1.</param>
/// <param name="Messages">How many messages.</param>
/// <param name="Seconds">From the first delivery to the last row written, or the last acknowledgement.</param>
/// <param name="OwnCpu">CPU seconds of the contender's process.</param>
/// <param name="BrokerCpu">CPU seconds of the broker.</param>
/// <param name="DatabaseCpu">CPU seconds of the database server.</param>
public sealed record DrainResult(string Contender, string QueueType, int Pair, int Messages, double Seconds, double OwnCpu, double BrokerCpu, double DatabaseCpu)
{
    /// <summary>Messages a second.</summary>
    public double Rate => Messages / Seconds;
}
