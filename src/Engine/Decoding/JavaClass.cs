namespace DataLoad.Engine.Decoding;

/// <summary>The Java classes that are read.</summary>
internal enum JavaClass : byte
{
    /// <summary>None of them.</summary>
    Other = 0,

    /// <summary><c>java.lang.Integer</c> or <c>java.lang.Long</c>.</summary>
    Number = 1,

    /// <summary><c>java.lang.String</c>.</summary>
    String = 2,
}
