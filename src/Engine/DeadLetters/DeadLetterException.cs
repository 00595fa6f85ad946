namespace DataLoad.Engine.DeadLetters;

/// <summary>Dead letters cannot be worked on now; the message says why and what to do about it.</summary>
public sealed class DeadLetterException(string message, Exception? inner = null) : Exception(message, inner);
