namespace DataLoad.Engine.Counting;

/// <summary>What tells a delivery from all others, of whatever node, channel and time.</summary>
/// <param name="Node">The incarnation of the node.</param>
/// <param name="Channel">The incarnation of the channel, unique within the node's.</param>
/// <param name="Tag">The delivery's tag, unique within the channel.</param>
public readonly record struct DeliveryId(string Node, string Channel, ulong Tag);
