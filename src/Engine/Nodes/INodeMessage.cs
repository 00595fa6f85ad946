using Akka.Event;

namespace DataLoad.Engine.Nodes;

/// <summary>What nodes tell each other beside what concerns a Partition.</summary>
public interface INodeMessage;

/// <summary>Asks another node whether it reaches the store; answered by a <see cref="StoreContact"/>.</summary>
public sealed record GetStoreContact : INodeMessage, IDeadLetterSuppression;

/// <summary>Answers a <see cref="GetStoreContact"/>.</summary>
/// <param name="IsReached">Whether the node that answers reaches the store.</param>
public sealed record StoreContact(bool IsReached) : INodeMessage, IDeadLetterSuppression;
