using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Serialization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// Serializes what Partitions persist, and what nodes send to Partitions and hear from them. Each form bears a version and a
/// checksum; what is not known is refused by its name.
/// </summary>
/// <param name="system">The actor system, given by Akka.</param>
public sealed class JournalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The number that stored entries name this serializer by.</summary>
    public const int Id = 8421;

    /// <summary>What stored blocks are named by.</summary>
    internal const string BlockManifest = "B";

    private const string OwnedManifest = "O";
    private const string EventBatchManifest = "E";
    private const string AcceptedManifest = "A";
    private const string HeldManifest = "H";
    private const string KeepRunningManifest = "K";
    private const string GetStatusManifest = "G";
    private const string FlushNowManifest = "F";
    private const string CheckpointNowManifest = "C";
    private const string DoneManifest = "D";
    private const string StopPartitionManifest = "S";
    private const string GetTopicManifest = "T";
    private const string TopicRowsManifest = "W";
    private const string RebuildManifest = "R";
    private const string RebuiltManifest = "U";
    private const string StatusManifest = "P";
    private const string NotServingManifest = "N";

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        Block => BlockManifest,
        Owned => OwnedManifest,
        EventBatch => EventBatchManifest,
        Accepted => AcceptedManifest,
        Held => HeldManifest,
        KeepRunning => KeepRunningManifest,
        GetStatus => GetStatusManifest,
        FlushNow => FlushNowManifest,
        CheckpointNow => CheckpointNowManifest,
        Done => DoneManifest,
        StopPartition => StopPartitionManifest,
        GetTopic => GetTopicManifest,
        TopicRows => TopicRowsManifest,
        Rebuild => RebuildManifest,
        Rebuilt => RebuiltManifest,
        PartitionStatus => StatusManifest,
        NotServing => NotServingManifest,
        _ => throw Unknown(o),
    };

    /// <inheritdoc/>
    /// <remarks>A block's own bytes are given, not a copy: they never change.</remarks>
    public override byte[] ToBinary(object obj) => obj switch
    {
        Block block => BytesOf(block),
        Owned owned => OwnedCodec.Encode(owned),
        EventBatch batch => PartitionMessageCodec.Encode(batch),
        Accepted accepted => PartitionMessageCodec.Encode(accepted.Partition, accepted.Id),
        Held held => PartitionMessageCodec.Encode(held.Partition, held.Id),
        KeepRunning or GetStatus or FlushNow or CheckpointNow => PartitionMessageCodec.Encode(((IPartitionMessage)obj).Partition),
        Done done => PartitionMessageCodec.Encode(done.Partition),
        StopPartition stop => PartitionMessageCodec.Encode(stop),
        GetTopic question => PartitionMessageCodec.Encode(question),
        TopicRows rows => PartitionMessageCodec.Encode(rows),
        Rebuild rebuild => PartitionMessageCodec.Encode(rebuild),
        Rebuilt rebuilt => PartitionMessageCodec.Encode(rebuilt),
        PartitionStatus status => PartitionMessageCodec.Encode(status),
        NotServing refusal => PartitionMessageCodec.Encode(refusal),
        _ => throw Unknown(obj),
    };

    /// <inheritdoc/>
    /// <remarks>
    /// What Partitions persist is not refused here but by who knows its place and names it: a block by <see cref="BlockDecoder"/>,
    /// the rest by <see cref="JournalReader"/>.
    /// </remarks>
    /// <exception cref="StoredFormatException">The manifest is not known, or the bytes are damaged or of an unknown version.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                BlockManifest => new Block(bytes),
                OwnedManifest => ReadOwned(bytes),
                EventBatchManifest => PartitionMessageCodec.DecodeEventBatch(bytes),
                AcceptedManifest => PartitionMessageCodec.DecodeAnswer(bytes) is var (partition, id) ? new Accepted(id, partition) : null!,
                HeldManifest => PartitionMessageCodec.DecodeAnswer(bytes) is var (partition, id) ? new Held(id, partition) : null!,
                KeepRunningManifest => new KeepRunning(PartitionMessageCodec.DecodePartition(bytes)),
                GetStatusManifest => new GetStatus(PartitionMessageCodec.DecodePartition(bytes)),
                FlushNowManifest => new FlushNow(PartitionMessageCodec.DecodePartition(bytes)),
                CheckpointNowManifest => new CheckpointNow(PartitionMessageCodec.DecodePartition(bytes)),
                DoneManifest => new Done(PartitionMessageCodec.DecodePartition(bytes)),
                StopPartitionManifest => PartitionMessageCodec.DecodeStopPartition(bytes),
                GetTopicManifest => PartitionMessageCodec.DecodeGetTopic(bytes),
                TopicRowsManifest => PartitionMessageCodec.DecodeTopicRows(bytes),
                RebuildManifest => PartitionMessageCodec.DecodeRebuild(bytes),
                RebuiltManifest => PartitionMessageCodec.DecodeRebuilt(bytes),
                StatusManifest => PartitionMessageCodec.DecodeStatus(bytes),
                NotServingManifest => PartitionMessageCodec.DecodeNotServing(bytes),
                _ => throw new InvalidDataException("this program does not know it; a newer one wrote it, or something else did"),
            };
        }
        catch (InvalidDataException e)
        {
            throw new StoredFormatException($"Serialized form '{manifest}' of {bytes.Length} bytes does not read: {e.Message}.", e);
        }
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

    private static ArgumentException Unknown(object o) => new($"{nameof(JournalSerializer)} does not know {o.GetType()}; bind its type to another serializer, or teach it here.", nameof(o));
}
