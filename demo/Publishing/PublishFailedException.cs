namespace DataLoad.Demo;

/// <summary>The broker refused or lost messages, or the connection to it broke before it confirmed them.</summary>
public sealed class PublishFailedException(string message, Exception? inner = null) : Exception(message, inner);
