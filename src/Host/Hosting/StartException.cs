namespace DataLoad.Host.Hosting;

/// <summary>The program cannot do what it was asked to; the message says why and what to do about it.</summary>
public sealed class StartException(string message) : Exception(message);
