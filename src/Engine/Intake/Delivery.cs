using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>
/// An AMQP message with its tag, in a slot of a <see cref="DeliveryRing"/> that is reused: properties and body are
/// copied in, since the connection's buffers are valid only while they are handed over.
/// </summary>
/// <param name="stream">The stream.</param>
/// <param name="properties">Takes the properties; null for one of its own.</param>
internal sealed class Delivery(StreamDefinition stream, DeliveryProperties? properties = null)
{
    private const int KeptBytes = 4096;

    // The most that is taken on the word of a content header alone; beyond it memory follows what has come.
    private const int TrustedBytes = 256 * 1024;

    private byte[] _body = [];
    private int _length;

    public ulong Tag { get; private set; }

    public DeliveryProperties Properties { get; } = properties ?? new DeliveryProperties(new RepeatedText(), new RepeatedText());

    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _length);

    public Candidate Candidate { get; } = new(stream);

    /// <summary>When it was received first, in epoch milliseconds; 0 until it is told.</summary>
    public long ReceivedMs { get; set; }

    /// <summary>The id under which it was parked, or null where it comes from the broker.</summary>
    public Guid? ParkedAs { get; set; }

    /// <summary>How many lookups have found no row.</summary>
    public int Tries { get; set; }

    /// <summary>When it is due, in epoch milliseconds; 0 for at once.</summary>
    public long DueMs { get; set; }

    public void Fill(ulong tag, IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body)
    {
        Start(tag);
        Properties.Set(properties);
        Append(body, body.Length);
    }

    /// <summary>Begins a delivery whose properties and body follow in pieces.</summary>
    public void Start(ulong tag)
    {
        ReceivedMs = 0;
        ParkedAs = null;
        Tries = 0;
        DueMs = 0;
        _length = 0;
        Tag = tag;
    }

    /// <summary>Adds a piece of the body.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="expected">How many bytes the whole body is to have; at least as many as there are with the piece.</param>
    public void Append(ReadOnlySpan<byte> piece, int expected)
    {
        int length = _length + piece.Length;
        if (_body.Length < length)
        {
            long wanted = Math.Min(expected, Math.Max(2L * length, TrustedBytes));
            var body = new byte[Math.Max(256, Math.Max(wanted, length))];
            Body.CopyTo(body);
            _body = body;
        }

        piece.CopyTo(_body.AsSpan(_length));
        _length = length;
    }

    /// <summary>Lets go of what is large; the slot is free.</summary>
    public void Release()
    {
        Properties.Clear();
        _length = 0;
        if (_body.Length > KeptBytes)
        {
            _body = [];
        }
    }
}
