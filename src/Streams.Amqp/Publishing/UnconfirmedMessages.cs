namespace DataLoad.Streams.Amqp;

/// <summary>The messages of one channel that the broker has not confirmed, by their numbers: from 1, in the order of publishing. Not for two threads.</summary>
internal sealed class UnconfirmedMessages<T>
{
    private readonly SortedDictionary<ulong, Publication<T>> _messages = [];
    private ulong _published;

    /// <summary>How many there are whose results were not emitted.</summary>
    public int Count => _messages.Count - Reported;

    public bool IsEmpty => _messages.Count == 0;

    /// <summary>How many there are that timed out.</summary>
    public int Reported { get; private set; }

    public void Add(Publication<T> message) => _messages.Add(++_published, message);

    /// <summary>Takes out what the broker says something about, oldest first.</summary>
    /// <returns>Those whose results were not emitted.</returns>
    public List<Publication<T>> Take(ulong number, bool multiple)
    {
        var taken = new List<Publication<T>>();
        ulong[] numbers = multiple ? [.. _messages.Keys.TakeWhile(each => number == 0 || each <= number)] : [number];
        foreach (ulong each in numbers)
        {
            if (_messages.Remove(each, out Publication<T>? message) && !message.IsReported)
            {
                taken.Add(message);
            }
            else if (message is not null)
            {
                Reported--;
            }
        }

        return taken;
    }

    /// <summary>Marks those whose time is over.</summary>
    public List<Publication<T>> TimeOut(TimeSpan now)
    {
        List<Publication<T>> late = [.. _messages.Values.Where(message => !message.IsReported).TakeWhile(message => message.Due <= now)];
        foreach (Publication<T> message in late)
        {
            message.IsReported = true;
            Reported++;
        }

        return late;
    }

    /// <summary>Notes that the broker gave a message back. It does not say its number: it is the oldest that is the same to the byte, or the same but for its
    /// properties, from which a broker takes <c>BCC</c>. Where none is, all to its exchange and key count as given back: rather repeated than lost.</summary>
    public void Return(int code, string text, Delivery returned)
    {
        Publication<T>? found = _messages.Values.FirstOrDefault(message => IsSame(message, returned) && HasSameProperties(message, returned))
            ?? _messages.Values.FirstOrDefault(message => IsSame(message, returned));
        IEnumerable<Publication<T>> all = found is not null ? [found] : _messages.Values.Where(message => HasSameRoute(message, returned));
        foreach (Publication<T> message in all)
        {
            message.Returned ??= (code, text);
        }
    }

    private static bool IsSame(Publication<T> message, Delivery returned) =>
        message.Returned is null && HasSameRoute(message, returned) && message.Request.Message.Body.Span.SequenceEqual(returned.Body.Span);

    private static bool HasSameRoute(Publication<T> message, Delivery returned) =>
        message.Request.Message.RoutingKey.Span.SequenceEqual(returned.RoutingKey) && message.Request.Message.Exchange.Span.SequenceEqual(returned.Exchange);

    private static bool HasSameProperties(Publication<T> message, Delivery returned) =>
        message.Request.Message.Properties.Bytes.Span.SequenceEqual(returned.Properties.Bytes.Span);
}

/// <summary>A request without a result.</summary>
/// <param name="request">The request.</param>
/// <param name="due">When it times out, by the scheduler's clock.</param>
internal sealed class Publication<T>(PublishRequest<T> request, TimeSpan due)
{
    public PublishRequest<T> Request { get; } = request;
    public TimeSpan Due { get; } = due;

    /// <summary>Why no queue took it, where the broker gave it back; its confirm follows.</summary>
    public (int Code, string Text)? Returned { get; set; }

    /// <summary>Whether its result was emitted, so that the broker's word on it means nothing any more.</summary>
    public bool IsReported { get; set; }
}

/// <summary>The messages that were unconfirmed when a broker closed the channel over one that it did not name. One that is published again is known by route
/// and body, since a repetition may have other headers; two that are taken for one cost a round trip. Bounded: the oldest are forgotten.</summary>
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
