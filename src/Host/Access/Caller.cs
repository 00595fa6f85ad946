using System.Security.Cryptography;

namespace DataLoad.Host.Access;

/// <summary>Who makes a request, as far as it is known.</summary>
/// <param name="Role">What they may do.</param>
/// <param name="ByToken">Whether they showed a token; else no token is set, and they are on this machine.</param>
/// <param name="Address">Where they are.</param>
internal sealed record Caller(AccessRole Role, bool ByToken, string Address)
{
    /// <summary>As the audit log has it.</summary>
    public string Name => $"{RoleName} ({Means}) at {Address}";

    /// <summary>The role in a word.</summary>
    public string RoleName => Role == AccessRole.Operator ? "operator" : "reader";

    /// <summary>By what they were let in, in a word.</summary>
    public string Means => ByToken ? "token" : "loopback";

    /// <summary>The caller of a request that was let in.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? new Caller(AccessRole.None, ByToken: false, "unknown");
}

/// <summary>What a caller may do.</summary>
internal enum AccessRole
{
    /// <summary>Nothing that is guarded.</summary>
    None = 0,

    /// <summary>Read.</summary>
    Reader,

    /// <summary>Read and change.</summary>
    Operator,
}

/// <summary>The tokens, kept as digests, so that comparing takes the same time whatever is shown and however long it is.</summary>
internal sealed class AccessTokens(HttpSettings settings)
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _reader = DigestOf(settings.ReaderToken);
    private readonly byte[]? _operator = DigestOf(settings.OperatorToken);

    /// <summary>The token that a request shows, or null.</summary>
    public static string? Shown(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
    }

    /// <summary>What the bearer of a token may do.</summary>
    public AccessRole RoleOf(string token)
    {
        byte[] shown = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        bool isOperator = _operator is not null & CryptographicOperations.FixedTimeEquals(shown, _operator ?? new byte[shown.Length]);
        bool isReader = _reader is not null & CryptographicOperations.FixedTimeEquals(shown, _reader ?? new byte[shown.Length]);
        return isOperator ? AccessRole.Operator : isReader ? AccessRole.Reader : AccessRole.None;
    }

    private static byte[]? DigestOf(string token) => token.Length == 0 ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
