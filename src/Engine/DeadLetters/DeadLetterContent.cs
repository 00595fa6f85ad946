using RabbitMQ.Client;

namespace DataLoad.Engine.DeadLetters;

/// <summary>A whole dead letter.</summary>
/// <param name="Summary">What it says of itself.</param>
/// <param name="Properties">Its properties and headers.</param>
/// <param name="Body">Its body.</param>
public sealed record DeadLetterContent(DeadLetterSummary Summary, IReadOnlyBasicProperties Properties, byte[] Body);
