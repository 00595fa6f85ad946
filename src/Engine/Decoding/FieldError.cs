namespace DataLoad.Engine.Decoding;

/// <summary>What is wrong with a field's value.</summary>
internal enum FieldError : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A boolean, object or array stands where a value is due.</summary>
    NotAValue = 1,

    /// <summary>An integer is due, and it is not digits, perhaps signed.</summary>
    NotAnInteger = 2,

    /// <summary>An integer is negative where it must not be, or wider than the field.</summary>
    OutOfRange = 3,
}
