using System.Security.Cryptography;
using System.Text;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Access;

/// <summary>The tokens, kept as digests, so that comparing takes the same time whatever is shown and however long it is.</summary>
internal sealed class AccessTokens(HttpSettings settings)
{
    public const string Scheme = "Bearer ";

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
