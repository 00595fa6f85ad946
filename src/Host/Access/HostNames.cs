using System.Net;
using DataLoad.Host.Settings;

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
        if (host.Length == 0)
        {
            return false;
        }

        if (!IPAddress.TryParse(host, out IPAddress? address))
        {
            return _names.Contains(host);
        }

        // An address is no name that could lead elsewhere tomorrow.
        return IPAddress.IsLoopback(address) || _names.Contains(host) || (!settings.IsLoopbackOnly && Same(address, context.Connection.LocalIpAddress));
    }

    /// <summary>Whether a request's Origin, where it has one, is the node's own page.</summary>
    public static bool IsOwnOrigin(HttpRequest request)
    {
        string? origin = request.Headers.Origin;
        if (string.IsNullOrEmpty(origin))
        {
            return true;
        }

        // The scheme may differ: what ends TLS may stand in front of the node.
        return Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
            && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }

    private static bool Same(IPAddress address, IPAddress? local) => local is not null && address.MapToIPv6().Equals(local.MapToIPv6());
}
