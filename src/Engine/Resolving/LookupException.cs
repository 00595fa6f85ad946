namespace DataLoad.Engine.Resolving;

/// <summary>A query's result is not what its step declares; the message names the query and the column.</summary>
public sealed class LookupException(string message) : Exception(message);
