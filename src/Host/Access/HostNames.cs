using System.Net;

namespace DataLoad.Host.Access;

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
