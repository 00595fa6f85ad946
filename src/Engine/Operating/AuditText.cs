namespace DataLoad.Engine.Operating;

/// <summary>Bounds the texts of audit entries, and keeps out what a database's text cannot hold.</summary>
internal static class AuditText
{
    public static string Of(string text)
    {
        // Half a surrogate pair is no text either.
        int length = Math.Min(text.Length, AuditEntry.MaxCharacters);
        length -= length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) ? 1 : 0;
        return text[..length].Replace('\0', '\uFFFD');
    }

    public static AuditEntry Of(AuditEntry entry) => entry with
    {
        Node = Of(entry.Node),
        Actor = Of(entry.Actor),
        Action = Of(entry.Action),
        Target = Of(entry.Target),
        Detail = Of(entry.Detail),
        Outcome = Of(entry.Outcome),
    };
}
