namespace DataLoad.Host.Operating;

/// <summary>Where a node is asked, with what token, and how long it may take.</summary>
/// <param name="Address">Where it answers.</param>
/// <param name="Token">The operator's or the reader's token, or null.</param>
/// <param name="ConnectTimeout">How long connecting may take.</param>
/// <param name="AnswerTimeout">How long an answer may take.</param>
internal sealed record NodeAccess(Uri Address, string? Token, TimeSpan ConnectTimeout, TimeSpan AnswerTimeout)
{
    /// <summary>The address as it is told to people: without what may be secret in it.</summary>
    public string Shown => Address.GetComponents(UriComponents.SchemeAndServer, UriFormat.SafeUnescaped);

    // The compiler's would print the token.
    /// <inheritdoc/>
    public override string ToString() => Shown;
}
