namespace DataLoad.Host.Hocon.Syntax;

/// <summary>A text to parse and where it came from.</summary>
/// <param name="Name">Its name in messages: as the user gave it.</param>
/// <param name="Text">The text.</param>
/// <param name="FullPath">The file, or null for a text that is not in a file and so cannot include any.</param>
/// <param name="IncludedBy">The source that includes it, or null.</param>
/// <param name="Depth">How many sources include it, one inside the other.</param>
internal sealed record HoconSource(string Name, string Text, string? FullPath, HoconSource? IncludedBy, int Depth);
