using System.Text;

namespace DataLoad.Streams.Amqp;

/// <summary>A message as the broker hands it over, with the tag that acknowledges it. It lies in a slot that is used again: everything of it is valid until
/// its <see cref="DeliveryBatch"/> is released.</summary>
public sealed class Delivery
{
    private const int KeptBytes = 4096;

    // The most that is taken on the word of a content header alone; beyond it memory follows what has come.
    private const int TrustedBytes = 256 * 1024;

    private byte[] _head = [];
    private byte[] _body = [];
    private int _exchange;
    private int _routingKey;
    private int _properties;
    private int _length;

    internal Delivery() { }

    /// <summary>Its number on its channel, from 1.</summary>
    public ulong Tag { get; private set; }

    /// <summary>Whether the broker has handed it over before.</summary>
    public bool Redelivered { get; private set; }

    /// <summary>The exchange that it was published to.</summary>
    public ReadOnlySpan<byte> Exchange => _head.AsSpan(0, _exchange);

    /// <summary>The key that it was published with.</summary>
    public ReadOnlySpan<byte> RoutingKey => _head.AsSpan(_exchange, _routingKey);

    /// <summary>The properties and headers as they came.</summary>
    public AmqpProperties Properties => new(_head.AsMemory(_exchange + _routingKey, _properties));

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => _body.AsMemory(0, _length);

    /// <summary>How many bytes it holds: names, properties and body.</summary>
    public int Bytes => _exchange + _routingKey + _properties + _length;

    /// <summary>Begins a delivery whose properties and body follow.</summary>
    internal void Start(ulong tag, bool redelivered, ReadOnlySpan<byte> exchange, ReadOnlySpan<byte> routingKey)
    {
        Tag = tag;
        Redelivered = redelivered;
        _properties = _length = 0;
        _exchange = exchange.Length;
        _routingKey = routingKey.Length;
        Fit(ref _head, 0, _exchange + _routingKey);
        exchange.CopyTo(_head);
        routingKey.CopyTo(_head.AsSpan(_exchange));
    }

    /// <summary>Takes a copy of the flags and values of a content header.</summary>
    internal void SetProperties(ReadOnlySpan<byte> bytes)
    {
        int start = _exchange + _routingKey;
        Fit(ref _head, start, start + bytes.Length);
        bytes.CopyTo(_head.AsSpan(start));
        _properties = bytes.Length;
    }

    /// <summary>Adds a piece of the body.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="expected">How many bytes the whole body is to have; at least as many as there are with the piece.</param>
    internal void Append(ReadOnlySpan<byte> piece, int expected)
    {
        int length = _length + piece.Length;
        if (_body.Length < length)
        {
            Fit(ref _body, _length, (int)Math.Max(length, Math.Min(expected, Math.Max(2L * length, TrustedBytes))));
        }

        piece.CopyTo(_body.AsSpan(_length));
        _length = length;
    }

    /// <summary>Lets go of what is large; the slot is free.</summary>
    internal void Clear()
    {
        _exchange = _routingKey = _properties = _length = 0;
        _head = _head.Length > KeptBytes ? [] : _head;
        _body = _body.Length > KeptBytes ? [] : _body;
    }

    private static void Fit(ref byte[] bytes, int kept, int wanted)
    {
        if (bytes.Length < wanted)
        {
            var larger = new byte[Math.Max(256, wanted)];
            bytes.AsSpan(0, kept).CopyTo(larger);
            bytes = larger;
        }
    }
}

/// <summary>A message to publish, as bytes. Its memory is not to change before the broker's word on it.</summary>
/// <param name="Exchange">The exchange's name; empty for the default one.</param>
/// <param name="RoutingKey">The routing key.</param>
/// <param name="Properties">The properties and headers.</param>
/// <param name="Body">The body.</param>
public readonly record struct AmqpMessage(ReadOnlyMemory<byte> Exchange, ReadOnlyMemory<byte> RoutingKey, AmqpProperties Properties, ReadOnlyMemory<byte> Body)
{
    /// <summary>Makes a message of names in UTF-8.</summary>
    public AmqpMessage(string exchange, string routingKey, AmqpProperties properties, ReadOnlyMemory<byte> body)
        : this(Encoding.UTF8.GetBytes(exchange), Encoding.UTF8.GetBytes(routingKey), properties, body) { }

    /// <summary>How many bytes it holds.</summary>
    public long Bytes => (long)Exchange.Length + RoutingKey.Length + Properties.Bytes.Length + Body.Length;
}
