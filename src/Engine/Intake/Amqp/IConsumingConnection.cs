namespace DataLoad.Engine.Intake.Amqp;

/// <summary>A connection that streams are consumed over, each by a channel of its own.</summary>
internal interface IConsumingConnection : IAsyncDisposable
{
    /// <summary>Whether channels can be opened.</summary>
    bool IsOpen { get; }

    /// <summary>Done, with why, when the connection is closed or lost. Never fails.</summary>
    Task<string> Ended { get; }

    /// <summary>Opens a channel.</summary>
    /// <param name="prefetch">How many of its deliveries may be unacknowledged.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The connection ends or the broker refuses; the client library has errors of its own.</exception>
    Task<IConsumingChannel> OpenChannelAsync(int prefetch, CancellationToken cancellationToken);
}
