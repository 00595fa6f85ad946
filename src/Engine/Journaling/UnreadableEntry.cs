namespace DataLoad.Engine.Journaling;

/// <summary>
/// Stands for an entry whose bytes do not read, from the serializer to <see cref="JournalReader"/>, which knows its place and
/// refuses it by name.
/// </summary>
/// <param name="Fault">What is wrong with it.</param>
internal sealed record UnreadableEntry(Exception Fault) : IJournalEntry;
