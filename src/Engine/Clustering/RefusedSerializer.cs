using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace DataLoad.Engine.Clustering;

/// <summary>Stands in the place of a serializer of Akka's that would make what the bytes say: neither side of a connection writes or reads by it.</summary>
/// <remarks>It keeps the other's number, since Akka finds a serializer by the number that a message came with; and it takes the manifest as text, since for
/// one that takes a type Akka loads that type first.</remarks>
public abstract class RefusedSerializer(ExtendedActorSystem system, int id, string what) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => id;

    /// <inheritdoc/>
    /// <exception cref="SerializationException">Always.</exception>
    public override string Manifest(object o) => throw Refusal(o.GetType().ToString());

    /// <inheritdoc/>
    /// <exception cref="SerializationException">Always.</exception>
    public override byte[] ToBinary(object obj) => throw Refusal(obj.GetType().ToString());

    /// <inheritdoc/>
    /// <exception cref="SerializationException">Always.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => throw Refusal($"a message of {bytes.Length} bytes");

    private SerializationException Refusal(string message) => new($"{what} is refused, and so is {message}: nodes speak by serializers that know their types.");
}

/// <summary>In the place of Akka's JSON, which makes any type that a message names.</summary>
public sealed class RefusedJson : RefusedSerializer
{
    /// <summary>Made by Akka.</summary>
    public RefusedJson(ExtendedActorSystem system)
        : base(system, 1, "JSON by the names of types") { }

    /// <summary>Made by Akka, which has settings for its own JSON.</summary>
    public RefusedJson(ExtendedActorSystem system, Config config)
        : this(system) => _ = config;
}

/// <summary>In the place of what reads that another node is to start an actor here, of any class.</summary>
/// <param name="system">Given by Akka.</param>
public sealed class RefusedDeployment(ExtendedActorSystem system) : RefusedSerializer(system, 3, "starting an actor from afar");
