namespace DataLoad.Engine.Contract;

/// <summary>How a message field is read.</summary>
public enum FieldKind
{
    /// <summary>A string; a JSON number is taken as its text.</summary>
    Text = 0,

    /// <summary>An integer of 32 bits: digits, perhaps signed, bare or as a JSON string.</summary>
    Int32 = 1,

    /// <summary>An integer of 64 bits, written like <see cref="Int32"/>.</summary>
    Int64 = 2,
}
