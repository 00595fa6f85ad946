namespace DataLoad.Streams.Amqp;

/// <summary>
/// The messages that were unconfirmed when a broker closed the channel over one that it did not name. One that is published again is known by
/// route and body, since a repetition may have other headers; two that are taken for one cost a round trip. Bounded: the oldest are forgotten.
/// </summary>
/// <param name="limit">How many are remembered.</param>
internal sealed class SuspectMessages(int limit)
{
    private readonly HashSet<int> _keys = [];
    private readonly Queue<int> _order = new();

    public bool Contains(in AmqpMessage message) => _keys.Count > 0 && _keys.Contains(KeyOf(message));

    public void Add(in AmqpMessage message)
    {
        int key = KeyOf(message);
        if (_keys.Add(key))
        {
            _order.Enqueue(key);
            while (_order.Count > limit)
            {
                _keys.Remove(_order.Dequeue());
            }
        }
    }

    /// <summary>Forgets one whose fate is known.</summary>
    public void Remove(in AmqpMessage message)
    {
        if (_keys.Count > 0 && _keys.Remove(KeyOf(message)) && _keys.Count == 0)
        {
            _order.Clear();
        }
    }

    private static int KeyOf(in AmqpMessage message)
    {
        var hash = new HashCode();
        hash.AddBytes(message.Exchange.Span);
        hash.AddBytes(message.RoutingKey.Span);
        hash.AddBytes(message.Body.Span);
        return hash.ToHashCode();
    }
}
