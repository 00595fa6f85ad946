using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Partitions;

/// <summary>
/// The sent form of what goes to and from Partitions, version 1 of each: the version, a byte; the fields; a CRC-32C over all
/// of it.
/// </summary>
internal static partial class PartitionMessageCodec
{
    private const byte Version = 1;

    /// <summary>The fewest bytes that an event's head and payload take.</summary>
    private const int MinEventBytes = 11;

    /// <summary>A batch of events. It is stored in this form, too, where it is parked: a version that was, stays readable.</summary>
    public static byte[] Encode(EventBatch batch)
    {
        ByteWriter writer = Start(batch.Partition, 64 + (batch.Count * 40) + batch.PayloadBytes);
        Write(writer, batch.Id);
        writer.Unsigned((ulong)batch.Count);
        var types = new TopicTypeWriter();
        long lastTimeMs = 0;
        int lastDay = 0;
        foreach (ref readonly EventHead head in batch.Events)
        {
            writer.Byte(head.StreamId);
            writer.Byte(head.PageId);
            types.Write(writer, head.Topic.Type);
            writer.Unsigned((ulong)head.Topic.Id);
            writer.Signed(head.TimeMs - lastTimeMs);
            writer.Signed(head.Day - lastDay);
            writer.Byte((byte)head.Identity.Kind);
            if (head.Identity.Kind == IdentityKind.Key)
            {
                writer.Unsigned((ulong)head.Identity.Value);
            }
            else if (head.Identity.Exists)
            {
                writer.UInt128(head.Identity.Value);
            }

            writer.Unsigned((ulong)head.Length);
            lastTimeMs = head.TimeMs;
            lastDay = head.Day;
        }

        writer.Bytes(batch.Payloads);
        return Finish(writer);
    }

    public static EventBatch DecodeEventBatch(ReadOnlySpan<byte> bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        BatchId id = ReadBatchId(ref reader);
        var events = new EventHead[Count(ref reader, MinEventBytes)];
        var types = new TopicTypeReader();
        long timeMs = 0;
        int day = 0;
        long offset = 0;
        for (int i = 0; i < events.Length; i++)
        {
            byte stream = reader.Byte();
            byte page = reader.Byte();
            TopicKey topic = types.ReadTopic(ref reader);
            timeMs += reader.Signed();
            day += (int)reader.Signed();
            if ((uint)day > (uint)DateOnly.MaxValue.DayNumber)
            {
                throw new InvalidDataException($"day number {day} is not a date");
            }

            EventId identity = ReadIdentity(ref reader);
            int length = reader.Length(int.MaxValue);
            events[i] = new EventHead
            {
                StreamId = stream,
                PageId = page,
                Topic = topic,
                TimeMs = timeMs,
                Day = day,
                Identity = identity,
                Offset = (int)Math.Min(offset, int.MaxValue),
                Length = length,
            };
            offset += length;
        }

        if (offset != reader.Remaining)
        {
            throw new InvalidDataException($"{reader.Remaining} bytes of payloads are there, where {offset} are announced");
        }

        return new EventBatch(id, partition, events, reader.Bytes(reader.Remaining).ToArray());
    }

    /// <summary>A message that is a Partition and a batch's id.</summary>
    public static byte[] Encode(int partition, BatchId id)
    {
        ByteWriter writer = Start(partition, 48);
        Write(writer, id);
        return Finish(writer);
    }

    public static (int Partition, BatchId Id) DecodeAnswer(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        BatchId id = ReadBatchId(ref reader);
        reader.End();
        return (partition, id);
    }

    /// <summary>A message that is nothing but a Partition.</summary>
    public static byte[] Encode(int partition) => Finish(Start(partition, 16));

    public static int DecodePartition(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        reader.End();
        return partition;
    }

    public static byte[] Encode(StopPartition stop)
    {
        ByteWriter writer = Start(0, 24);
        writer.Signed(stop.Limit.Ticks);
        return Finish(writer);
    }

    public static StopPartition DecodeStopPartition(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out _);
        var stop = new StopPartition(TimeSpan.FromTicks(reader.Signed()));
        reader.End();
        return stop;
    }

    private static ByteWriter Start(int partition, int capacity)
    {
        var writer = new ByteWriter(capacity);
        writer.Byte(Version);
        writer.Unsigned((ulong)partition);
        return writer;
    }

    private static byte[] Finish(ByteWriter writer)
    {
        writer.Checksum();
        return writer.Written.ToArray();
    }

    private static ByteReader Open(ReadOnlySpan<byte> bytes, out int partition)
    {
        var reader = new ByteReader(ByteReader.CheckedBody(bytes));
        byte version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"version {version} is not known to this program, which reads {Version}");
        }

        partition = reader.Int32();
        return reader;
    }

    private static void Write(ByteWriter writer, BatchId id)
    {
        id.Source.TryWriteBytes(writer.GetSpan(16));
        writer.Advance(16);
        writer.Unsigned((ulong)id.Number);
    }

    private static BatchId ReadBatchId(ref ByteReader reader) => new(new Guid(reader.Bytes(16)), (long)reader.Unsigned());

    private static EventId ReadIdentity(ref ByteReader reader)
    {
        byte kind = reader.Byte();
        return (IdentityKind)kind switch
        {
            IdentityKind.None => EventId.None,
            IdentityKind.Key => EventId.Key(reader.Int32()),
            IdentityKind.Hash or IdentityKind.Content => new EventId((IdentityKind)kind, reader.UInt128()),
            _ => throw new InvalidDataException($"identity kind {kind} is not known"),
        };
    }

    /// <summary>Reads how many items follow, which cannot be more than there are bytes for.</summary>
    private static int Count(ref ByteReader reader, int minBytes)
    {
        ulong count = reader.Unsigned();
        return count <= (ulong)(reader.Remaining / minBytes)
            ? (int)count
            : throw new InvalidDataException($"{count} items do not fit into {reader.Remaining} bytes");
    }
}
