using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <content>What is asked of Partitions on behalf of people, and answered.</content>
internal static partial class PartitionMessageCodec
{
    /// <summary>The fewest bytes that a row takes: its parts and no value.</summary>
    private const int MinRowBytes = 7;

    public static byte[] Encode(GetTopic question)
    {
        ByteWriter writer = Start(question.Partition, 64 + (question.Days.Count * 3));
        writer.Byte(question.Page);
        Write(writer, new TopicTypeWriter(), question.Topic.Type, question.Topic.Id);
        writer.Unsigned((ulong)question.Days.Count);
        foreach (int day in question.Days)
        {
            writer.Unsigned((ulong)day);
        }

        return Finish(writer);
    }

    public static GetTopic DecodeGetTopic(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        byte page = reader.Byte();
        TopicKey topic = new TopicTypeReader().ReadTopic(ref reader);
        int[] days = new int[Count(ref reader, minBytes: 1)];
        for (int i = 0; i < days.Length; i++)
        {
            days[i] = ReadDay(ref reader);
        }

        reader.End();
        return new GetTopic(partition, page, topic, days);
    }

    public static byte[] Encode(TopicRows answer)
    {
        ByteWriter writer = Start(answer.Partition, 64 + (answer.Rows.Count * 128));
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

        return Finish(writer);
    }

    public static TopicRows DecodeTopicRows(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        var rows = new StatisticsRow[Count(ref reader, MinRowBytes)];
        var types = new TopicTypeReader();
        for (int i = 0; i < rows.Length; i++)
        {
            int shard = ReadInt32(ref reader);
            long epoch = reader.Signed();
            TopicKey topic = types.ReadTopic(ref reader);
            int day = ReadDay(ref reader);
            long? sequenceNr = ReadOptional(ref reader);
            long[] values = new long[Count(ref reader, minBytes: 1)];
            for (int value = 0; value < values.Length; value++)
            {
                values[value] = reader.Signed();
            }

            rows[i] = new StatisticsRow { Shard = shard, Epoch = epoch, TopicType = topic.Type, TopicId = topic.Id, Day = day, SequenceNr = sequenceNr, Values = values };
        }

        reader.End();
        return new TopicRows(partition, rows);
    }

    public static byte[] Encode(Rebuild request)
    {
        StatisticsFilter filter = request.Filter;
        ByteWriter writer = Start(request.Partition, 128);
        Write(writer, filter.Page);
        Write(writer, filter.TopicType);
        Write(writer, filter.TopicId);
        Write(writer, filter.From);
        Write(writer, filter.To);
        return Finish(writer);
    }

    public static Rebuild DecodeRebuild(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        var filter = new StatisticsFilter(
            ReadText(ref reader), ReadText(ref reader), ReadOptionalInt32(ref reader), ReadOptionalInt32(ref reader), ReadOptionalInt32(ref reader));
        reader.End();
        return new Rebuild(partition, filter);
    }

    public static byte[] Encode(Rebuilt answer)
    {
        ByteWriter writer = Start(answer.Partition, 64);
        writer.Signed(answer.Counters);
        writer.Signed(answer.Corrected);
        writer.Signed(answer.Removed);
        Write(writer, answer.Damage);
        return Finish(writer);
    }

    public static Rebuilt DecodeRebuilt(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        var answer = new Rebuilt(partition, reader.Signed(), reader.Signed(), reader.Signed(), ReadText(ref reader));
        reader.End();
        return answer;
    }

    public static byte[] Encode(PartitionStatus status)
    {
        ByteWriter writer = Start(status.Partition, 128);
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
        Write(writer, status.Failing);
        return Finish(writer);
    }

    public static PartitionStatus DecodeStatus(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);

        // Read in the order in which it is written.
        var status = new PartitionStatus
        {
            Partition = partition,
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
        };
        reader.End();
        return status;
    }

    public static byte[] Encode(NotServing answer)
    {
        ByteWriter writer = Start(answer.Partition, 16);
        writer.Byte((byte)answer.Phase);
        return Finish(writer);
    }

    public static NotServing DecodeNotServing(byte[] bytes)
    {
        ByteReader reader = Open(bytes, out int partition);
        var answer = new NotServing(partition, ReadPhase(ref reader));
        reader.End();
        return answer;
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
        ? (int)value
        : throw new InvalidDataException($"a number before offset {reader.Position} is beyond 32 bits");

    private static int ReadDay(ref ByteReader reader) => reader.Int32() is var day && day <= DateOnly.MaxValue.DayNumber
        ? day
        : throw new InvalidDataException($"day number {day} is not a date");

    private static PartitionPhase ReadPhase(ref ByteReader reader) => (PartitionPhase)reader.Byte() is var phase && Enum.IsDefined(phase)
        ? phase
        : throw new InvalidDataException($"phase {(int)phase} is not known");
}
