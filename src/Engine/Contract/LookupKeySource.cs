namespace DataLoad.Engine.Contract;

/// <summary>The kinds of place a lookup's key may come from.</summary>
public enum LookupKeySource
{
    /// <summary>A field of the message.</summary>
    Message = 0,

    /// <summary>A field of the JSON object in column <c>data</c> of the row before.</summary>
    Data = 1,

    /// <summary>A column of the row before.</summary>
    Column = 2,
}
