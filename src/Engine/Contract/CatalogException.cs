namespace DataLoad.Engine.Contract;

/// <summary>A declaration in the catalog contradicts itself: a mistake of the program, not of its input.</summary>
public sealed class CatalogException(string message) : Exception(message);
