namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>The connection cannot go on: the broker ended it, refused something, or sent what AMQP does not allow.</summary>
public sealed class WireException(string message, Exception? cause = null) : IOException(message, cause);
