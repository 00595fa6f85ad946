namespace DataLoad.Engine.Intake.Amqp;

/// <summary>The broker does not have a message that was published; the message says why.</summary>
internal sealed class NotPublishedException(string message) : Exception(message);
