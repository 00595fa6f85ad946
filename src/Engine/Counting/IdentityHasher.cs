using System.Buffers.Binary;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using Org.BouncyCastle.Crypto.Digests;

namespace DataLoad.Engine.Counting;

/// <summary>Hashes identities: the first 128 bits of SHA-256 (FIPS 180-4) over a canonical form, which is part of the stored format: one byte for what is
/// hashed, the stream's number, the topic, and then the message-id, or each field that says something as its slot and value in slot order, or what a delivery
/// is known by. Not thread-safe.</summary>
public sealed class IdentityHasher
{
    private const byte MessageIdDomain = 1;
    private const byte ContentDomain = 2;
    private const byte DeliveryDomain = 3;
    private readonly ByteWriter _form = new(256);

    // Managed: a call of the platform's, through OpenSSL, costs as much before it hashes as two hashes of an event do here (ADR 5).
    private readonly Sha256Digest _hash = new();

    /// <summary>The identity that a message-id gives.</summary>
    public EventId OfMessageId(StreamDefinition stream, in TopicKey topic, string messageId) =>
        OfMessageId(stream, topic, System.Text.Encoding.UTF8.GetBytes(messageId));

    /// <summary>The identity that a message-id gives, whatever its bytes are.</summary>
    public EventId OfMessageId(StreamDefinition stream, in TopicKey topic, ReadOnlySpan<byte> messageId)
    {
        Start(MessageIdDomain, stream, topic);
        _form.Unsigned((ulong)messageId.Length);
        _form.Bytes(messageId);
        return new EventId(IdentityKind.Hash, Finish());
    }

    /// <summary>The identity of an event that has no other: that of the delivery it came by, which the engine gives it before it is first sent.</summary>
    public EventId OfDelivery(StreamDefinition stream, in TopicKey topic, in DeliveryId delivery)
    {
        Start(DeliveryDomain, stream, topic);
        _form.Text(delivery.Node);
        _form.Text(delivery.Channel);
        _form.Unsigned(delivery.Tag);
        return new EventId(IdentityKind.Hash, Finish());
    }

    /// <summary>Starts a content's form; fields follow in slot order, without the topic's, then <see cref="Finish"/>.</summary>
    public void StartContent(StreamDefinition stream, in TopicKey topic) => Start(ContentDomain, stream, topic);

    /// <summary>Adds a text field that says something.</summary>
    public void Text(int slot, ReadOnlySpan<byte> utf8)
    {
        _form.Byte((byte)slot);
        _form.Unsigned((ulong)utf8.Length);
        _form.Bytes(utf8);
    }

    /// <summary>Adds an integer field that says something.</summary>
    public void Integer(int slot, long value)
    {
        _form.Byte((byte)slot);
        _form.Signed(value);
    }

    /// <summary>The hash of the form.</summary>
    public UInt128 Finish()
    {
        Span<byte> hash = stackalloc byte[32];
        _hash.BlockUpdate(_form.Written);
        _hash.DoFinal(hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    /// <summary>The content's hash, the same as the message gave, from the event alone, where that holds all of it (<see cref="EventHoldsContent"/>).</summary>
    public UInt128 OfContent(BusinessEvent @event)
    {
        StreamDefinition stream = @event.Stream;
        StartContent(stream, @event.Topic);
        TextOf(@event, CommonField.SessionStr, EventText.SessionStr);
        TextOf(@event, CommonField.ParentTopicType, EventText.ParentTopicType);
        if (@event.ParentTopicId is int parent)
        {
            Integer(CommonField.ParentTopicId, parent);
        }

        TextOf(@event, CommonField.QrCode, EventText.QrCode);
        if (@event.WuId != 0)
        {
            Integer(CommonField.WuId, @event.WuId);
        }

        TextOf(@event, CommonField.ChannelType, EventText.ChannelType);
        Integer(CommonField.Ctime, @event.TimeMs);
        int text = EventText.Own;
        for (int i = 0; i < stream.OwnFields.Length; i++)
        {
            MessageField field = stream.OwnFields[i];
            if (field.Kind == FieldKind.Text)
            {
                // An older name's value stands in channelType's place already.
                int own = text++;
                if (!string.Equals(field.Name, stream.ChannelTypeFallback, StringComparison.Ordinal))
                {
                    TextOf(@event, CommonField.Count + i, own);
                }
            }
            else if (@event.Facts[stream.FactIndex(field.Name)] is long value and not 0)
            {
                Integer(CommonField.Count + i, value);
            }
        }

        return Finish();
    }

    /// <summary>Whether a stream's events hold all that its messages say: no rows, and each integer field of its own a fact.</summary>
    public static bool EventHoldsContent(StreamDefinition stream) =>
        stream.Lookups.IsEmpty && stream.OwnFields.All(field =>
            field.Kind == FieldKind.Text || stream.Facts.Any(fact => fact.Step is null && string.Equals(fact.Name, field.Name, StringComparison.Ordinal)));

    private void TextOf(BusinessEvent @event, int slot, int text)
    {
        ReadOnlySpan<byte> utf8 = @event.Text(text);
        if (!utf8.IsEmpty)
        {
            Text(slot, utf8);
        }
    }

    private void Start(byte domain, StreamDefinition stream, in TopicKey topic)
    {
        _form.Clear();
        _form.Byte(domain);
        _form.Byte(stream.Id);
        _form.Text(topic.Type);
        _form.Unsigned((ulong)topic.Id);
    }
}
