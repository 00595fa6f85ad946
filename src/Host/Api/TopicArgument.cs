namespace DataLoad.Host.Api;

/// <summary>A topic as people write it: <c>TYPE:ID</c>.</summary>
internal sealed record TopicArgument(string Type, int Id)
{
    public const string Form = "TYPE:ID";

    /// <summary>The topic as it is written.</summary>
    public override string ToString() => $"{Type}:{Id}";

    /// <summary>Reads a topic; a type may hold colons, the last one counts.</summary>
    public static bool TryParse(string text, out TopicArgument? topic)
    {
        int colon = text.LastIndexOf(':');
        topic = colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            ? new TopicArgument(text[..colon], id)
            : null;
        return topic is not null;
    }
}
