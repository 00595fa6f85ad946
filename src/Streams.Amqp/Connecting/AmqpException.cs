namespace DataLoad.Streams.Amqp;

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
