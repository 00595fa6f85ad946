using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>
/// An AMQP message with its tag, in a slot of a <see cref="DeliveryRing"/> that is reused: its body is copied in,
/// since the client's is valid only while it is handed over.
/// </summary>
internal sealed class Delivery(StreamDefinition stream)
{
    private const int KeptBytes = 4096;

    private byte[] _body = [];
    private int _length;

    public ulong Tag { get; private set; }

    public IReadOnlyBasicProperties Properties { get; private set; } = null!;

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
        ReceivedMs = 0;
        ParkedAs = null;
        Tries = 0;
        DueMs = 0;
        if (_body.Length < body.Length)
        {
            _body = new byte[Math.Max(256, body.Length)];
        }

        body.CopyTo(_body);
        _length = body.Length;
        Tag = tag;
        Properties = properties;
    }

    /// <summary>Lets go of what is large; the slot is free.</summary>
    public void Release()
    {
        Properties = null!;
        _length = 0;
        if (_body.Length > KeptBytes)
        {
            _body = [];
        }
    }
}
