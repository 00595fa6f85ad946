using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Serialization;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using Codec = DataLoad.Engine.Partitions.PartitionMessageCodec;

namespace DataLoad.Engine.Journaling;

/// <summary>Serializes what Partitions persist, and what nodes send to Partitions and hear from them.</summary>
/// <remarks>Each form bears a version and a checksum; what is not known is refused by its name.</remarks>
/// <param name="system">The actor system, given by Akka; where it was made with a <see cref="ProtocolInForce"/>, messages are of that version.</param>
public sealed class JournalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The number that stored entries name this serializer by.</summary>
    public const int Id = 8421;

    /// <summary>What stored blocks are named by.</summary>
    internal const string BlockManifest = "B";

    private static readonly Form[] Forms =
    [
        Form.Of<Block>(BlockManifest, BytesOf, bytes => new Block(bytes)) with { IsStored = true },
        Form.Of<Owned>("O", OwnedCodec.Encode, ReadOwned) with { IsStored = true },
        Form.Of<EventBatch>("E", Codec.Encode, bytes => Codec.DecodeEventBatch(bytes)),
        Form.Of<Accepted>("A", answer => Codec.Encode(answer.Partition, answer.Id), bytes => ReadAnswer(bytes, (id, partition) => new Accepted(id, partition))),
        Form.Of<Held>("H", answer => Codec.Encode(answer.Partition, answer.Id), bytes => ReadAnswer(bytes, (id, partition) => new Held(id, partition))),
        Form.Of<GetStatus>("G", request => Codec.Encode(request.Partition), bytes => new GetStatus(Codec.DecodePartition(bytes))),
        Form.Of<FlushNow>("F", request => Codec.Encode(request.Partition), bytes => new FlushNow(Codec.DecodePartition(bytes))),
        Form.Of<CheckpointNow>("C", request => Codec.Encode(request.Partition), bytes => new CheckpointNow(Codec.DecodePartition(bytes))),
        Form.Of<Done>("D", answer => Codec.Encode(answer.Partition), bytes => new Done(Codec.DecodePartition(bytes))),
        Form.Of<StopPartition>("S", Codec.Encode, Codec.DecodeStopPartition),
        Form.Of<GetTopic>("T", Codec.Encode, Codec.DecodeGetTopic),
        Form.Of<SaveCounters>("K", Codec.Encode, Codec.DecodeSaveCounters),
        Form.Of<TopicRows>("W", Codec.Encode, Codec.DecodeTopicRows),
        Form.Of<Rebuild>("R", Codec.Encode, Codec.DecodeRebuild),
        Form.Of<Rebuilt>("U", Codec.Encode, Codec.DecodeRebuilt),
        Form.Of<PartitionStatus>("P", Codec.Encode, Codec.DecodeStatus),
        Form.Of<GetStoreContact>("Q", _ => NodeMessageCodec.Encode(value: true), ReadGetStoreContact),
        Form.Of<StoreContact>("V", answer => NodeMessageCodec.Encode(answer.IsReached), bytes => new StoreContact(NodeMessageCodec.Decode(bytes))),
        Form.Of<NotServing>("N", Codec.Encode, Codec.DecodeNotServing),
    ];

    private static readonly Dictionary<Type, Form> FormByType = Forms.ToDictionary(form => form.Type);
    private static readonly Dictionary<string, Form> FormByManifest = Forms.ToDictionary(form => form.Manifest, StringComparer.Ordinal);

    private readonly ProtocolInForce? _protocol = system.Settings.Setup.Get<ProtocolInForce>() is { HasValue: true } setup ? setup.Value : null;

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) => FormOf(o).Manifest;

    /// <inheritdoc/>
    /// <remarks>A block's own bytes are given, not a copy: they never change.</remarks>
    public override byte[] ToBinary(object obj)
    {
        Form form = FormOf(obj);
        byte[] bytes = form.Encode(obj);
        return form.IsStored || _protocol is null ? bytes : SentVersion.As(_protocol.Version, bytes);
    }

    /// <inheritdoc/>
    /// <remarks>What Partitions persist is refused by who knows its place: a block by <see cref="BlockDecoder"/>, else <see cref="JournalReader"/>.</remarks>
    /// <exception cref="StoredFormatException">The manifest is not known, or the bytes are damaged or of an unknown version.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return FormByManifest.TryGetValue(manifest, out Form? form)
                ? form.Decode(bytes)
                : throw new InvalidDataException("this program does not know it; a newer one wrote it, or something else did");
        }
        catch (InvalidDataException e)
        {
            throw new StoredFormatException($"Serialized form '{manifest}' of {bytes.Length} bytes does not read: {e.Message}.", e);
        }
    }

    private static GetStoreContact ReadGetStoreContact(byte[] bytes)
    {
        NodeMessageCodec.Decode(bytes);
        return new GetStoreContact();
    }

    private static IJournalEntry ReadOwned(byte[] bytes)
    {
        try
        {
            return OwnedCodec.Decode(bytes);
        }
        catch (InvalidDataException e)
        {
            return new UnreadableEntry(e);
        }
    }

    private static byte[] BytesOf(Block block) =>
        MemoryMarshal.TryGetArray(block.Bytes, out ArraySegment<byte> bytes) && bytes.Offset == 0 && bytes.Count == bytes.Array!.Length
            ? bytes.Array
            : block.Bytes.ToArray();

    private static T ReadAnswer<T>(byte[] bytes, Func<BatchId, int, T> make)
    {
        (int partition, BatchId id) = Codec.DecodeAnswer(bytes);
        return make(id, partition);
    }

    private static Form FormOf(object o) => FormByType.TryGetValue(o.GetType(), out Form? form)
        ? form
        : throw new ArgumentException(
            $"{nameof(JournalSerializer)} does not know {o.GetType()}; bind its type to another serializer, or teach it here.", nameof(o));

    /// <summary>A type, what its bytes are named by, and how it becomes bytes and comes back.</summary>
    private sealed record Form(Type Type, string Manifest, Func<object, byte[]> Encode, Func<byte[], object> Decode)
    {
        /// <summary>Whether it is stored, and has versions of its own.</summary>
        public bool IsStored { get; init; }

        public static Form Of<T>(string manifest, Func<T, byte[]> encode, Func<byte[], object> decode) =>
            new(typeof(T), manifest, message => encode((T)message), decode);
    }
}

/// <summary>The stored form of <see cref="Owned"/>, version 1: the version, a byte; node and time; a CRC-32C over all of it.</summary>
internal static class OwnedCodec
{
    private const byte Version = 1;
    private const int MaxNodeBytes = 1024;

    public static byte[] Encode(Owned owned)
    {
        var writer = new ByteWriter(64);
        writer.Byte(Version);
        writer.Text(owned.Node);
        writer.Unsigned((ulong)owned.AtMs);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are damaged or of an unknown version.</exception>
    public static Owned Decode(byte[] bytes)
    {
        var reader = new ByteReader(ByteReader.CheckedBody(bytes));
        byte version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"version {version} is not known to this program, which reads {Version}");
        }

        var owned = new Owned(reader.Text(MaxNodeBytes), (long)reader.Unsigned());
        reader.End();
        return owned;
    }
}
