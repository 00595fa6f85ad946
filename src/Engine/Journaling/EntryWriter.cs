using System.Buffers;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Writes what an entry holds beside its head (<see cref="BlockEncoder"/>): flags, user, texts, identity, facts.</summary>
/// <remarks>Made where the event is resolved, so that the Partition only copies bytes.</remarks>
internal static class EntryWriter
{
    public const byte HasParentType = 1;
    public const byte HasParentId = 2;
    public const byte HasQrCode = 4;
    public const byte HasChannelType = 8;
    public const byte HasOwnTexts = 16;
    public const int IdentityShift = 5;
    public const byte HasFacts = 128;
    public const byte HasSources = HasParentType | HasParentId | HasQrCode | HasChannelType;

    public static void Write(ByteWriter writer, BusinessEvent @event)
    {
        int ownTexts = OwnTexts(@event);
        int facts = LastFact(@event.Facts) + 1;
        int flags = (@event.Text(EventText.ParentTopicType).IsEmpty ? 0 : HasParentType)
            | (@event.ParentTopicId is null ? 0 : HasParentId)
            | (@event.Text(EventText.QrCode).IsEmpty ? 0 : HasQrCode)
            | (@event.Text(EventText.ChannelType).IsEmpty ? 0 : HasChannelType)
            | (ownTexts == 0 ? 0 : HasOwnTexts)
            | ((int)@event.Identity.Kind << IdentityShift)
            | (facts == 0 ? 0 : HasFacts);
        writer.Byte((byte)flags);
        writer.Unsigned((ulong)@event.WuId);
        EntryText.Write(writer, @event.Text(EventText.SessionStr));
        if ((flags & HasParentType) != 0)
        {
            EntryText.Write(writer, @event.Text(EventText.ParentTopicType));
        }

        if (@event.ParentTopicId is int parentId)
        {
            writer.Unsigned((ulong)parentId);
        }

        if ((flags & HasQrCode) != 0)
        {
            EntryText.Write(writer, @event.Text(EventText.QrCode));
        }

        if ((flags & HasChannelType) != 0)
        {
            EntryText.Write(writer, @event.Text(EventText.ChannelType));
        }

        if (ownTexts != 0)
        {
            writer.Byte((byte)ownTexts);
            for (int i = 0; i < ownTexts; i++)
            {
                EntryText.Write(writer, @event.Text(EventText.Own + i));
            }
        }

        WriteIdentity(writer, @event.Identity);
        if (facts != 0)
        {
            writer.Byte((byte)facts);
            for (int i = 0; i < facts; i++)
            {
                writer.Signed(@event.Facts[i]);
            }
        }
    }

    private static void WriteIdentity(ByteWriter writer, EventId identity)
    {
        if (identity.Kind == IdentityKind.Key)
        {
            writer.Unsigned((ulong)identity.Value);
        }
        else if (identity.Kind == IdentityKind.Hash)
        {
            writer.UInt128(identity.Value);
        }
    }

    private static int OwnTexts(BusinessEvent @event)
    {
        int count = 0;
        int place = 0;
        foreach (MessageField field in @event.Stream.OwnFields.AsSpan())
        {
            if (field.Kind == FieldKind.Text)
            {
                place++;
                count = @event.Text(EventText.Own + place - 1).IsEmpty ? count : place;
            }
        }

        return count;
    }

    private static int LastFact(ReadOnlySpan<long> facts) => facts.LastIndexOfAnyExcept(0L);
}

/// <summary>A text in a journal entry: its length in bytes, doubled, and the bytes.</summary>
/// <remarks>Or, where it is an even number of lower-case hexadecimal digits, their number, doubled, plus one, and half as many bytes.</remarks>
internal static class EntryText
{
    private static readonly SearchValues<byte> LowerHexDigits = SearchValues.Create("0123456789abcdef"u8);

    public static void Write(ByteWriter writer, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length >= 8 && utf8.Length % 2 == 0 && !utf8.ContainsAnyExcept(LowerHexDigits))
        {
            writer.Unsigned(((ulong)utf8.Length << 1) | 1);
            Span<byte> packed = writer.GetSpan(utf8.Length / 2)[..(utf8.Length / 2)];
            Convert.FromHexString(utf8, packed, out _, out _);
            writer.Advance(packed.Length);
        }
        else
        {
            writer.Unsigned((ulong)utf8.Length << 1);
            writer.Bytes(utf8);
        }
    }

    /// <summary>Reads a text into an event.</summary>
    /// <exception cref="InvalidDataException">The bytes end.</exception>
    public static void Read(ref ByteReader reader, BusinessEvent into, int text)
    {
        ulong head = reader.Unsigned();
        if ((head >> 2) > (ulong)reader.Remaining)
        {
            throw new InvalidDataException($"a text of {head >> 1} bytes is longer than the {reader.Remaining} that are left");
        }

        int length = (int)Math.Min(head >> 1, int.MaxValue);
        if ((head & 1) == 0)
        {
            into.SetText(text, reader.Bytes(length));
            return;
        }

        ReadOnlySpan<byte> packed = reader.Bytes(length / 2);
        Convert.TryToHexStringLower(packed, into.MakeText(text, packed.Length * 2), out _);
    }

    public static void Skip(ref ByteReader reader)
    {
        ulong head = reader.Unsigned();
        ulong bytes = (head & 1) == 0 ? head >> 1 : head >> 2;
        reader.Bytes((int)Math.Min(bytes, int.MaxValue));
    }
}

/// <summary>Writes topic types as references: 0 and the text for a new one, else its number, 1 and up in order of appearance. Not thread-safe.</summary>
internal sealed class TopicTypeWriter
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private string? _lastType;
    private int _lastNumber;

    public void Clear()
    {
        _numbers.Clear();
        _lastType = null;
    }

    public void Write(ByteWriter writer, string type)
    {
        if (ReferenceEquals(type, _lastType) || _numbers.TryGetValue(type, out _lastNumber))
        {
            writer.Unsigned((ulong)_lastNumber);
        }
        else
        {
            _lastNumber = _numbers.Count + 1;
            _numbers.Add(type, _lastNumber);
            writer.Byte(0);
            writer.Text(type);
        }

        _lastType = type;
    }
}

/// <summary>Reads what <see cref="TopicTypeWriter"/> wrote. Not thread-safe.</summary>
internal sealed class TopicTypeReader
{
    private const int MaxTypeBytes = 256;

    private readonly TopicTypePool _pool = new();
    private readonly List<TopicKey> _types = [];

    public void Clear() => _types.Clear();

    /// <summary>Reads a type's reference and the id behind it.</summary>
    /// <exception cref="InvalidDataException">The bytes end, or the reference is to none.</exception>
    public TopicKey ReadTopic(ref ByteReader reader)
    {
        ulong number = reader.Unsigned();
        if (number == 0)
        {
            _types.Add(_pool.Topic(reader.Bytes(reader.Length(MaxTypeBytes)), 0));
            number = (ulong)_types.Count;
        }
        else if (number > (ulong)_types.Count)
        {
            throw new InvalidDataException($"topic type {number} was not introduced");
        }

        TopicKey type = _types[(int)number - 1];
        return new TopicKey(type.Type, reader.Int32(), type.TypeHash);
    }
}
