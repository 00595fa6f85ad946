namespace DataLoad.Engine.Intake.Amqp;

/// <summary>An exchange or queue is neither there nor can be declared; the message names it and the remedy.</summary>
public sealed class TopologyException(string message, Exception inner) : Exception(message, inner);
