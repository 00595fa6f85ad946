namespace DataLoad.Streams.Amqp;

/// <summary>Makes connections. The seam that a simulation fakes; <see cref="AmqpConnections"/> has one that speaks AMQP 0-9-1 over sockets.</summary>
public interface IAmqpConnector
{
    /// <summary>Connects to one host.</summary>
    /// <param name="endpoint">The host.</param>
    /// <param name="role">What the connection is for.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
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

/// <summary>
/// A channel. Disposing of it closes it, which gives back to the queue what is not acknowledged. A method that the broker refuses fails with
/// an <see cref="AmqpException"/> that has the broker's code, and the channel has ended. One method waits for its answer at a time.
/// </summary>
public interface IAmqpChannel : IAsyncDisposable
{
    /// <summary>Done, with why, when the channel, its connection or its consumer ended. Never fails.</summary>
    Task<AmqpEnd> Ended { get; }

    /// <summary>Consumes a queue, once a channel. Its deliveries have the tags 1, 2, 3 and so on.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="prefetch">How many deliveries may be unacknowledged, 1 to 65535.</param>
    /// <param name="ring">Takes the deliveries; the channel is its only writer, and leaves further ones unread while it has no room.</param>
    /// <param name="cancellationToken">Ends the wait for the broker's answer.</param>
    Task ConsumeAsync(string queue, int prefetch, DeliveryRing ring, CancellationToken cancellationToken);

    /// <summary>Acknowledges all deliveries up to a tag.</summary>
    /// <returns>Done when it is handed to the operating system.</returns>
    Task AcknowledgeAsync(ulong tag);

    /// <summary>Says that no more deliveries are wanted; those that still come are dropped. Acknowledging goes on.</summary>
    Task CancelAsync();

    /// <summary>Asks for confirms: of messages that are published from now on, numbered from 1 in their order.</summary>
    /// <param name="confirms">Hears of them, on a thread that it must not hold up.</param>
    /// <param name="cancellationToken">Ends the wait for the broker's answer.</param>
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

    /// <summary>No queue took a mandatory message. The broker does not say its number; its confirm follows.</summary>
    /// <param name="code">The reply code, such as 312.</param>
    /// <param name="text">The reply text.</param>
    /// <param name="message">The message as the broker gives it back; the callee's to keep.</param>
    void Returned(int code, string text, Delivery message);
}
