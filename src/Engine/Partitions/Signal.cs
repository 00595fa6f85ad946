using Akka.Actor;

namespace DataLoad.Engine.Partitions;

/// <summary>A message of an actor to itself that says nothing but its own name: there is one instance of it.</summary>
/// <typeparam name="T">The message.</typeparam>
internal abstract record Signal<T> : INoSerializationVerificationNeeded
    where T : Signal<T>, new()
{
    public static T Instance { get; } = new();
}
