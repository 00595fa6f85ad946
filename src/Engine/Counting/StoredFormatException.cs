namespace DataLoad.Engine.Counting;

/// <summary>Stored bytes are damaged or of a version that this program does not know.</summary>
/// <param name="message">What was read, and what is wrong with it.</param>
/// <param name="inner">The cause, or null.</param>
public class StoredFormatException(string message, Exception? inner = null) : Exception(message, inner);
