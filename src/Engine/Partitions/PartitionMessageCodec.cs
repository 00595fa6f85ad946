using System.Text;
using System.Text.Unicode;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <summary>The sent form of what goes to and from Partitions: the version of <see cref="NodeProtocol"/> that it is of, a byte; the fields; a CRC-32C over all
/// of it. The fields are the same in all versions until now.</summary>
internal static class PartitionMessageCodec
{
    private const int MaxNodeBytes = 1024;

    /// <summary>The fewest bytes that an event's head and payload take.</summary>
    private const int MinEventBytes = 11;

    /// <summary>The fewest bytes that a topic takes: that its type was met before, and its id.</summary>
    private const int MinTopicBytes = 2;

    /// <summary>The fewest bytes that a row takes: its parts and no value.</summary>
    private const int MinRowBytes = 7;

    /// <summary>The most that a row takes without its values: a topic's type of its greatest length, and all numbers as long as they can be.</summary>
    private const int MaxRowHeadBytes = (4 * TopicKey.MaxTypeCharacters) + (8 * Varint.MaxBytes) + 1;

    /// <summary>The most bytes of a sentence that are sent: what a driver or a file says of itself has no bound of its own.</summary>
    private const int MaxSentenceBytes = 4096;

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
            day = DayOf(day + (int)reader.Signed());
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
    public static byte[] Encode(int partition, BatchId id) => Encode(partition, 48, writer => Write(writer, id));

    public static (int Partition, BatchId Id) DecodeAnswer(byte[] bytes) =>
        Decode(bytes, static (ref reader, partition) => (partition, ReadBatchId(ref reader)));

    /// <summary>A message that is nothing but a Partition.</summary>
    public static byte[] Encode(int partition) => Finish(Start(partition, 16));

    public static int DecodePartition(byte[] bytes) => Decode(bytes, static (ref _, partition) => partition);

    public static byte[] Encode(StopPartition stop) => Encode(partition: 0, 24, writer => writer.Signed(stop.Limit.Ticks));

    public static StopPartition DecodeStopPartition(byte[] bytes) =>
        Decode(bytes, static (ref reader, _) => new StopPartition(TimeSpan.FromTicks(reader.Signed())));

    public static byte[] Encode(GetTopic question) => Encode(question.Partition, 64 + (question.Days.Count * 3), writer =>
    {
        writer.Byte(question.Page);
        Write(writer, new TopicTypeWriter(), question.Topic.Type, question.Topic.Id);
        writer.Unsigned((ulong)question.Days.Count);
        foreach (int day in question.Days)
        {
            writer.Unsigned((ulong)day);
        }

        writer.Unsigned((ulong)question.From);
        writer.Unsigned((ulong)question.Through);
    });

    public static GetTopic DecodeGetTopic(byte[] bytes) => Decode(bytes, static (ref reader, partition) => new GetTopic(
        partition, reader.Byte(), new TopicTypeReader().ReadTopic(ref reader), ReadArray(ref reader, minBytes: 1, ReadDay), ReadDay(ref reader),
        ReadDay(ref reader)));

    public static byte[] Encode(SaveCounters request) => Encode(request.Partition, 64 + (request.Topics.Count * 24), writer =>
    {
        writer.Byte(request.Page);
        writer.Unsigned((ulong)request.From);
        writer.Unsigned((ulong)request.Through);
        writer.Unsigned((ulong)request.Topics.Count);
        var types = new TopicTypeWriter();
        foreach (TopicKey topic in request.Topics)
        {
            Write(writer, types, topic.Type, topic.Id);
        }
    });

    public static SaveCounters DecodeSaveCounters(byte[] bytes)
    {
        var types = new TopicTypeReader();
        return Decode(bytes, (ref reader, partition) => new SaveCounters(
            partition, reader.Byte(), ReadDay(ref reader), ReadDay(ref reader), ReadArray(ref reader, MinTopicBytes, (ref topic) => types.ReadTopic(ref topic))));
    }

    /// <summary>The most bytes that a row of so many values takes in <see cref="TopicRows"/>.</summary>
    public static int MaxRowBytes(int values) => MaxRowHeadBytes + (values * Varint.MaxBytes);

    public static byte[] Encode(TopicRows answer) => Encode(answer.Partition, 64 + (answer.Rows.Count * 128), writer =>
    {
        writer.Unsigned((ulong)answer.Rows.Count);
        var types = new TopicTypeWriter();
        foreach (StatisticsRow row in answer.Rows)
        {
            writer.Signed(row.Shard);
            writer.Signed(row.Epoch);
            Write(writer, types, row.TopicType, row.TopicId);
            writer.Unsigned((ulong)row.Day);
            Write(writer, row.SequenceNr);
            writer.Unsigned((ulong)row.Values.Length);
            foreach (long value in row.Values)
            {
                writer.Signed(value);
            }
        }

        writer.Unsigned((ulong)answer.Through);
    });

    public static TopicRows DecodeTopicRows(byte[] bytes)
    {
        var types = new TopicTypeReader();
        return Decode(bytes, (ref reader, partition) => new TopicRows(
            partition, ReadArray(ref reader, MinRowBytes, (ref row) => ReadRow(ref row, types)), ReadDay(ref reader)));
    }

    public static byte[] Encode(Rebuild request) => Encode(request.Partition, 128, writer =>
    {
        Write(writer, request.Filter.Page);
        Write(writer, request.Filter.TopicType);
        Write(writer, request.Filter.TopicId);
        Write(writer, request.Filter.From);
        Write(writer, request.Filter.To);
    });

    public static Rebuild DecodeRebuild(byte[] bytes) => Decode(bytes, static (ref reader, partition) => new Rebuild(partition, new StatisticsFilter(
        ReadText(ref reader), ReadText(ref reader), ReadOptionalInt32(ref reader), ReadOptionalInt32(ref reader), ReadOptionalInt32(ref reader))));

    public static byte[] Encode(Rebuilt answer) => Encode(answer.Partition, 64, writer =>
    {
        writer.Signed(answer.Counters);
        writer.Signed(answer.Corrected);
        writer.Signed(answer.Removed);
        Write(writer, Capped(answer.Damage));
    });

    public static Rebuilt DecodeRebuilt(byte[] bytes) => Decode(
        bytes, static (ref reader, partition) => new Rebuilt(partition, reader.Signed(), reader.Signed(), reader.Signed(), ReadText(ref reader)));

    public static byte[] Encode(PartitionStatus status) => Encode(status.Partition, 128, writer =>
    {
        writer.Text(status.Node);
        writer.Signed(status.SinceMs);
        writer.Byte((byte)status.Phase);
        writer.Signed(status.Epoch);
        writer.Signed(status.SequenceNr);
        writer.Signed(status.Checkpoint);
        writer.Signed(status.EventsSinceCheckpoint);
        writer.Signed(status.Counters);
        writer.Signed(status.ResidentBytes);
        writer.Signed(status.UnappliedBytes);
        writer.Signed(status.Unflushed);
        writer.Signed(status.Damaged);
        Write(writer, Capped(status.Failing));
    });

    // Read in the order in which it is written.
    public static PartitionStatus DecodeStatus(byte[] bytes) => Decode(bytes, static (ref reader, partition) => new PartitionStatus
    {
        Partition = partition,
        Node = reader.Text(MaxNodeBytes),
        SinceMs = reader.Signed(),
        Phase = ReadPhase(ref reader),
        Epoch = reader.Signed(),
        SequenceNr = reader.Signed(),
        Checkpoint = reader.Signed(),
        EventsSinceCheckpoint = reader.Signed(),
        Counters = ReadInt32(ref reader),
        ResidentBytes = reader.Signed(),
        UnappliedBytes = reader.Signed(),
        Unflushed = ReadInt32(ref reader),
        Damaged = ReadInt32(ref reader),
        Failing = ReadText(ref reader),
    });

    public static byte[] Encode(NotServing answer) => Encode(answer.Partition, 16, writer => writer.Byte((byte)answer.Phase));

    public static NotServing DecodeNotServing(byte[] bytes) =>
        Decode(bytes, static (ref reader, partition) => new NotServing(partition, ReadPhase(ref reader)));

    private static byte[] Encode(int partition, int capacity, Action<ByteWriter> write)
    {
        ByteWriter writer = Start(partition, capacity);
        write(writer);
        return Finish(writer);
    }

    private static ByteWriter Start(int partition, int capacity)
    {
        var writer = new ByteWriter(capacity);
        writer.Byte((byte)NodeProtocol.Current);
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
        SentVersion.Check(version);

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
            ? (int)count : throw new InvalidDataException($"{count} items do not fit into {reader.Remaining} bytes");
    }

    private static T Decode<T>(ReadOnlySpan<byte> bytes, BodyReader<T> read)
    {
        ByteReader reader = Open(bytes, out int partition);
        T message = read(ref reader, partition);
        reader.End();
        return message;
    }

    private static T[] ReadArray<T>(ref ByteReader reader, int minBytes, ItemReader<T> read)
    {
        var items = new T[Count(ref reader, minBytes)];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = read(ref reader);
        }

        return items;
    }

    private static StatisticsRow ReadRow(ref ByteReader reader, TopicTypeReader types)
    {
        int shard = ReadInt32(ref reader);
        long epoch = reader.Signed();
        TopicKey topic = types.ReadTopic(ref reader);
        int day = ReadDay(ref reader);
        long? sequenceNr = ReadOptional(ref reader);
        long[] values = ReadArray(ref reader, minBytes: 1, static (ref value) => value.Signed());
        return new StatisticsRow(topic.Type, topic.Id, day, sequenceNr, values, shard, epoch);
    }

    private static void Write(ByteWriter writer, TopicTypeWriter types, string type, int id)
    {
        types.Write(writer, type);
        writer.Unsigned((ulong)id);
    }

    /// <summary>A number that may be absent: whether it is there, a byte; the number.</summary>
    private static void Write(ByteWriter writer, long? value)
    {
        writer.Byte(value is null ? (byte)0 : (byte)1);
        if (value is { } number)
        {
            writer.Signed(number);
        }
    }

    /// <summary>A text that may be absent, likewise.</summary>
    private static void Write(ByteWriter writer, string? text)
    {
        writer.Byte(text is null ? (byte)0 : (byte)1);
        if (text is not null)
        {
            writer.Text(text);
        }
    }

    /// <summary>A sentence for people, cut to what is sent of one.</summary>
    private static string? Capped(string? text)
    {
        if (text is null || Encoding.UTF8.GetByteCount(text) <= MaxSentenceBytes)
        {
            return text;
        }

        Span<byte> room = stackalloc byte[MaxSentenceBytes - 3];
        Utf8.FromUtf16(text, room, out int chars, out _);
        return $"{text.AsSpan(0, chars)}…";
    }

    private static long? ReadOptional(ref ByteReader reader) => IsThere(ref reader) ? reader.Signed() : null;
    private static int? ReadOptionalInt32(ref ByteReader reader) => IsThere(ref reader) ? ReadInt32(ref reader) : null;
    private static string? ReadText(ref ByteReader reader) => IsThere(ref reader) ? reader.Text(int.MaxValue) : null;

    private static bool IsThere(ref ByteReader reader) => reader.Byte() switch
    {
        0 => false,
        1 => true,
        byte other => throw new InvalidDataException($"{other} stands where 0 or 1 says whether a field is there"),
    };

    private static int ReadInt32(ref ByteReader reader) => reader.Signed() is >= int.MinValue and <= int.MaxValue and var value
        ? (int)value : throw new InvalidDataException($"a number before offset {reader.Position} is beyond 32 bits");

    private static int ReadDay(ref ByteReader reader) => DayOf(reader.Int32());

    private static int DayOf(int number) =>
        (uint)number <= (uint)DateOnly.MaxValue.DayNumber ? number : throw new InvalidDataException($"day number {number} is not a date");

    private static PartitionPhase ReadPhase(ref ByteReader reader) => (PartitionPhase)reader.Byte() is var phase && Enum.IsDefined(phase)
        ? phase : throw new InvalidDataException($"phase {(int)phase} is not known");

    private delegate T BodyReader<out T>(ref ByteReader reader, int partition);

    private delegate T ItemReader<out T>(ref ByteReader reader);
}
