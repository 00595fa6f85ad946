using RabbitMQ.Client;

namespace DataLoad.Simulation.Broker;

/// <summary>A message in a queue of the simulated broker.</summary>
/// <param name="Number">Its number in the run: one for each publishing.</param>
/// <param name="Queue">The queue that it was routed to.</param>
/// <param name="Properties">Its properties.</param>
/// <param name="Body">Its body.</param>
internal sealed record Message(int Number, string Queue, BasicProperties Properties, byte[] Body)
{
    /// <summary>The header that carries the number through the engine.</summary>
    public const string NumberHeader = "x-sim-number";

    /// <summary>How often it was delivered.</summary>
    public int Deliveries { get; set; }

    /// <summary>The number in a message's headers, or -1.</summary>
    public static int NumberOf(IReadOnlyBasicProperties properties) =>
        properties.Headers is { } headers && headers.TryGetValue(NumberHeader, out object? number) && number is int value ? value : -1;
}
