namespace DataLoad.Host.Operating;

/// <summary>A node could not be asked, or did not do what it was asked; the message is a sentence with the remedy.</summary>
internal sealed class NodeException(string message) : Exception(message);
