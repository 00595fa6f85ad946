using System.Net;
using System.Security.Cryptography;

namespace DataLoad.Host.Access;

/// <summary>Who makes a request, as far as it is known: what they may do, whether they showed a token (else none is set, and they are on this machine),
/// and where they are.</summary>
internal sealed record Caller(AccessRole Role, bool ByToken, string Address)
{
    public string Name => $"{RoleName} ({Means}) at {Address}";

    public string RoleName => Role switch { AccessRole.Operator => "operator", AccessRole.Analyst => "analyst", _ => "reader" };

    /// <summary>By what they were let in, in a word.</summary>
    public string Means => ByToken ? "token" : "loopback";

    /// <summary>The caller of a request that was let in.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? new Caller(AccessRole.None, ByToken: false, "unknown");
}

/// <summary>What a caller may do, each all that the one before it may: nothing that is guarded; read; see who did what; change.</summary>
internal enum AccessRole { None = 0, Reader, Analyst, Operator }

/// <summary>The tokens, kept as digests, so that comparing takes the same time whatever is shown and however long it is.</summary>
internal sealed class AccessTokens(HttpSettings settings)
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _reader = DigestOf(settings.ReaderToken);
    private readonly byte[]? _analyst = DigestOf(settings.AnalystToken);
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
        bool isAnalyst = _analyst is not null & CryptographicOperations.FixedTimeEquals(shown, _analyst ?? new byte[shown.Length]);
        bool isReader = _reader is not null & CryptographicOperations.FixedTimeEquals(shown, _reader ?? new byte[shown.Length]);
        return isOperator ? AccessRole.Operator : isAnalyst ? AccessRole.Analyst : isReader ? AccessRole.Reader : AccessRole.None;
    }

    private static byte[]? DigestOf(string token) => token.Length == 0 ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

/// <summary>The names that the node may be called by. A web page of another site can have its own name lead to this machine; its requests then bear
/// that name, and are refused.</summary>
internal sealed class HostNames(HttpSettings settings)
{
    private readonly HashSet<string> _names = new(
        [
            "localhost",
            .. settings.IsLoopbackOnly ? [] : new[] { Environment.MachineName },
            .. settings.Urls.Select(url => new Uri(url).IdnHost),
            .. settings.AllowedHosts.Select(host => HostString.FromUriComponent(host).Host),
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a request may call the node as it does.</summary>
    public bool Allows(HttpContext context)
    {
        string host = context.Request.Host.Host.Trim('[', ']');

        // An address is no name that could lead elsewhere tomorrow.
        return host.Length > 0 && (_names.Contains(host) || (IPAddress.TryParse(host, out IPAddress? address)
            && (IPAddress.IsLoopback(address) || (!settings.IsLoopbackOnly && Same(address, context.Connection.LocalIpAddress)))));
    }

    /// <summary>Whether a request's Origin, where it has one, is the node's own page.</summary>
    public static bool IsOwnOrigin(HttpRequest request)
    {
        string? origin = request.Headers.Origin;

        // The scheme may differ: what ends TLS may stand in front of the node.
        return string.IsNullOrEmpty(origin) || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
            && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private static bool Same(IPAddress address, IPAddress? local) => local is not null && address.MapToIPv6().Equals(local.MapToIPv6());
}
