namespace DataLoad.Engine.Decoding;

/// <summary>What a message's content type says its body is.</summary>
internal enum ContentKind : byte
{
    /// <summary>Nothing that is read.</summary>
    Refused = 0,

    /// <summary>JSON.</summary>
    Json = 1,

    /// <summary>Text: JSON, or a bare key as it may be typed (<c>+33</c>, <c>007</c>).</summary>
    Text = 2,

    /// <summary>A serialized Java object.</summary>
    Java = 3,

    /// <summary>It says nothing: the bytes decide between <see cref="Java"/> and <see cref="Text"/>.</summary>
    Undeclared = 4,
}
