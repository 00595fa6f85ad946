namespace DataLoad.Engine.Contract;

/// <summary>Where a <see cref="LookupStep"/> takes its key from.</summary>
/// <param name="Source">The kind of place.</param>
/// <param name="Name">A message field, a field of the record's <c>data</c>, or a column of the step before.</param>
public sealed record LookupKey(LookupKeySource Source, string Name)
{
    /// <summary>The key is a field of the message.</summary>
    public static LookupKey Message(string field) => new(LookupKeySource.Message, field);

    /// <summary>The key is a field of the JSON object in column <c>data</c> of the step before.</summary>
    public static LookupKey Data(string field) => new(LookupKeySource.Data, field);

    /// <summary>The key is a column of the step before.</summary>
    public static LookupKey Column(string column) => new(LookupKeySource.Column, column);
}
