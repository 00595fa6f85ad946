namespace DataLoad.Host.Commands.Publishing;

/// <summary>How a body is written.</summary>
internal enum BodyForm
{
    /// <summary>A JSON object, <c>application/json</c>.</summary>
    Json = 0,

    /// <summary>The key alone as JSON, <c>application/json</c>.</summary>
    Bare = 1,

    /// <summary>A Java object as Spring's default converter serializes it.</summary>
    Java = 2,

    /// <summary>A text, <c>text/plain</c>: the key alone, or a JSON object where there is more.</summary>
    Text = 3,
}
