namespace DataLoad.Streams.Amqp;

/// <summary>Makes connections. The seam that a simulation fakes; <see cref="AmqpConnections"/> has one that speaks AMQP 0-9-1 over sockets.</summary>
public interface IAmqpConnector
{
    /// <summary>Connects to one host.</summary>
    /// <exception cref="IOException">The host cannot be reached or refuses; the message says which and why.</exception>
    Task<IAmqpConnection> ConnectAsync(AmqpEndpoint endpoint, AmqpConnectionRole role, CancellationToken cancellationToken);
}

/// <summary>What a connection is for. A broker that is short of memory or disk stops reading from those that publish, so they carry nothing else.</summary>
public enum AmqpConnectionRole
{
    /// <summary>Deliveries and their acknowledgements.</summary>
    Consuming,
    /// <summary>Publishing and its confirms.</summary>
    Publishing,
    /// <summary>Declaring and asking: a broker may end a connection over a type that it does not know.</summary>
    Declaring,
}

/// <summary>A connection to a broker. Disposing of it closes it, after what was sent before. Thread-safe.</summary>
public interface IAmqpConnection : IAsyncDisposable
{
    /// <summary>Done, with why, when the connection is closed or lost. Never fails.</summary>
    Task<AmqpEnd> Ended { get; }

    /// <summary>The largest frame that was agreed on, in bytes with its overhead of 8.</summary>
    int MaxFrameBytes { get; }

    /// <summary>Why the broker takes no publishing at the moment (<c>connection.blocked</c>), or null.</summary>
    string? Blocked { get; }

    /// <summary>Opens a channel.</summary>
    /// <exception cref="IOException">The connection ends or the broker refuses.</exception>
    /// <exception cref="TimeoutException">The broker does not answer.</exception>
    Task<IAmqpChannel> OpenChannelAsync(CancellationToken cancellationToken);
}

/// <summary>A channel. Disposing of it closes it, which gives back to the queue what is not acknowledged. A method that the broker refuses fails with an
/// <see cref="AmqpException"/> that has the broker's code, and the channel has ended. One method waits for its answer at a time.</summary>
public interface IAmqpChannel : IAsyncDisposable
{
    /// <summary>Done, with why, when the channel, its connection or its consumer ended. Never fails.</summary>
    Task<AmqpEnd> Ended { get; }

    /// <summary>Consumes a queue, once a channel. Its deliveries have the tags 1, 2, 3 and so on, and go to the ring, of which the channel is the only
    /// writer: it leaves further ones unread while that has no room. Where it is exclusive, the broker refuses it beside any other consumer, and any other
    /// beside it.</summary>
    Task ConsumeAsync(string queue, int prefetch, bool isExclusive, DeliveryRing ring, CancellationToken cancellationToken);

    /// <summary>Acknowledges one delivery, or all up to it.</summary>
    /// <returns>Done when it is handed to the operating system.</returns>
    Task AcknowledgeAsync(ulong tag, bool multiple);

    /// <summary>Says that no more deliveries are wanted; those that still come are dropped. Acknowledging goes on.</summary>
    Task CancelAsync();

    /// <summary>Asks for confirms of messages that are published from now on, numbered from 1 in their order; hearing of them must not take long.</summary>
    Task ConfirmAsync(IPublishConfirms confirms, CancellationToken cancellationToken);

    /// <summary>Publishes a message; the caller sees to it that the content header fits in a frame.</summary>
    /// <returns>Done at once while little waits to be sent; else when it is handed to the operating system. Fails with the connection.</returns>
    Task PublishAsync(in AmqpMessage message, bool mandatory);

    /// <summary>Declares an exchange, or asks whether it is there.</summary>
    Task DeclareAsync(AmqpExchange exchange, bool passive, CancellationToken cancellationToken);

    /// <summary>Declares a queue, or asks whether it is there.</summary>
    Task<AmqpQueueState> DeclareAsync(AmqpQueue queue, bool passive, CancellationToken cancellationToken);

    /// <summary>Binds a queue.</summary>
    Task BindAsync(AmqpBinding binding, CancellationToken cancellationToken);
}

/// <summary>Hears of the fate of published messages, in the order in which the broker says it.</summary>
public interface IPublishConfirms
{
    /// <summary>The broker has a message, or all up to it.</summary>
    void Confirmed(ulong number, bool multiple);

    /// <summary>The broker does not take a message, or all up to it.</summary>
    void Nacked(ulong number, bool multiple);

    /// <summary>No queue took a mandatory message, which is the callee's to keep. The broker does not say its number; its confirm follows.</summary>
    void Returned(int code, string text, Delivery message);
}

/// <summary>The broker cannot be reached, refused something, ended a channel or connection, or sent what AMQP does not allow. Never holds a password.</summary>
/// <param name="message">What happened, with the broker's own words where it said some.</param>
/// <param name="code">The broker's reply code, such as 404; 0 where it gave none.</param>
/// <param name="cause">The cause, or null.</param>
public sealed class AmqpException(string message, int code = 0, Exception? cause = null) : IOException(message, cause)
{
    /// <summary>The broker's reply code, such as 404 (not found) or 406 (precondition failed); 0 where it gave none.</summary>
    public int Code { get; } = code;

    /// <summary>The connection whose end it tells, which others tell too; null where it is about one channel, or there was no connection.</summary>
    internal IAmqpConnection? Connection { get; init; }
}

/// <summary>Why a channel or connection ended.</summary>
/// <param name="Code">The broker's reply code; 0 where the broker gave none, as when the socket was lost or this side closed it.</param>
/// <param name="Reason">The reason, for people.</param>
/// <param name="OfConnection">Whether the whole connection ended, not one channel.</param>
public sealed record AmqpEnd(int Code, string Reason, bool OfConnection)
{
    /// <summary>Whether the broker closed it because of what this side had sent: not 320, by which operators and shutdowns close.</summary>
    public bool IsRefusal => Code >= 300 && Code != 320;
}
