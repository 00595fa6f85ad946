using System.Net;

namespace DataLoad.Host.Access;

/// <summary>Lets requests in, or not. Nothing behind it looks at tokens, hosts or origins again.</summary>
internal sealed class AccessGate(HttpSettings settings, RateLimits limits)
{
    /// <summary>The header that every call which changes something bears: no form of another site can send it.</summary>
    public const string RequestHeader = "X-DataLoad-Request";

    private readonly AccessTokens _tokens = new(settings);
    private readonly HostNames _names = new(settings);

    /// <summary>Headers, and whether the request is one of a page of somebody else's.</summary>
    public async Task CheckSourceAsync(HttpContext context, RequestDelegate next)
    {
        SecurityHeaders.Add(context);
        AccessPolicy? policy = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>()?.Policy;
        bool anyName = policy == AccessPolicy.Health && !settings.IsLoopbackOnly;
        await (!anyName && !_names.Allows(context) ? RefuseAsync(context, StatusCodes.Status421MisdirectedRequest,
                $"The node does not answer as '{context.Request.Host.Value}': call it by its address, or add the name to dataload.http.allowed-hosts.")
            : !HostNames.IsOwnOrigin(context.Request) || IsOfAnotherSite(context.Request, policy) ? RefuseAsync(context, StatusCodes.Status403Forbidden,
                "The request comes from a page of another site, and none may call the node.")
            : next(context));
    }

    /// <summary>Whether the caller may have what the endpoint gives.</summary>
    public async Task CheckCallerAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not { } endpoint)
        {
            await next(context);
            return;
        }

        // An endpoint that somebody forgot to give a rule is refused rather than open.
        AccessPolicy policy = endpoint.Metadata.GetMetadata<AccessRule>()?.Policy ?? AccessPolicy.Operator;
        if (policy is AccessPolicy.Open or AccessPolicy.Health or AccessPolicy.NodeSecret || (policy == AccessPolicy.Metrics && settings.IsLoopbackOnly))
        {
            await next(context);
            return;
        }

        (Caller? caller, int status, string refusal) = Recognize(context);
        if (caller is null)
        {
            await RefuseAsync(context, status, refusal);
        }
        else if (policy == AccessPolicy.Operator && caller.Role < AccessRole.Operator)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden,
                $"This takes the operator's token (dataload.http.operator-token), and the {caller.RoleName}'s was shown.");
        }
        else if (policy == AccessPolicy.Analyst && caller.Role < AccessRole.Analyst)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden,
                "This shows who did what, which takes the analyst's token (dataload.http.analyst-token) or the operator's, and the reader's was shown.");
        }
        else if (!IsSafe(context.Request.Method) && !context.Request.Headers.ContainsKey(RequestHeader))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, $"A call that changes something needs the header '{RequestHeader}: 1'.");
        }
        else
        {
            context.Features.Set(caller);
            await next(context);
        }
    }

    private (Caller? Caller, int Status, string Refusal) Recognize(HttpContext context)
    {
        string address = RateLimits.AddressOf(context);
        if (!settings.HasTokens)
        {
            // Only a node on loopback starts without tokens; looked at again, since this is all that guards it.
            return context.Connection.RemoteIpAddress is not { } remote || IPAddress.IsLoopback(remote)
                ? (new Caller(AccessRole.Operator, ByToken: false, address), 0, "")
                : (null, StatusCodes.Status401Unauthorized,
                    "No token is set, and only this machine may call: set dataload.http.reader-token, analyst-token or operator-token.");
        }

        if (AccessTokens.Shown(context.Request) is not { Length: > 0 } token)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"dataload\"";
            return (null, StatusCodes.Status401Unauthorized, "A token is needed: send 'Authorization: Bearer TOKEN' with the reader's, the analyst's or the operator's.");
        }

        if (!limits.MayTry(address))
        {
            context.Response.Headers.RetryAfter = limits.RetryAfter;
            return (null, StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address: wait, and show the right one.");
        }

        AccessRole role = _tokens.RoleOf(token);
        if (role == AccessRole.None)
        {
            limits.Failed(address);
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"dataload\", error=\"invalid_token\"";
            return (null, StatusCodes.Status401Unauthorized, "The token is neither the reader's nor the analyst's nor the operator's.");
        }

        return (new Caller(role, ByToken: true, address), 0, "");
    }

    /// <summary>Whether a browser says that another site's page asks. To follow a link to a page is no harm.</summary>
    private static bool IsOfAnotherSite(HttpRequest request, AccessPolicy? policy)
    {
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        bool isFollowed = policy == AccessPolicy.Open && IsSafe(request.Method)
            && string.Equals(request.Headers["Sec-Fetch-Mode"], "navigate", StringComparison.Ordinal);
        return !isFollowed && site is ("cross-site" or "same-site");
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static Task RefuseAsync(HttpContext context, int status, string detail) => Results.Problem(detail, statusCode: status).ExecuteAsync(context);
}

/// <summary>What browsers are told of every answer: to run nothing that the node did not serve, and to show it nowhere else.</summary>
internal static class SecurityHeaders
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Add(HttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";

        // An endpoint that serves what does not change may say otherwise.
        headers.CacheControl = "no-store";
    }
}

/// <summary>How an endpoint is guarded.</summary>
internal enum AccessPolicy
{
    /// <summary>Anyone: it tells nothing, as a login page.</summary>
    Open = 0,

    /// <summary>Anyone, under any name beyond loopback: those that watch over processes seldom know theirs.</summary>
    Health,

    /// <summary>Anyone on a node that answers on loopback alone, else the reader.</summary>
    Metrics,

    /// <summary>Who may read.</summary>
    Reader,

    /// <summary>Who may see users and sessions.</summary>
    Analyst,

    /// <summary>Who may change.</summary>
    Operator,

    /// <summary>Who shows the node's secret, which the endpoint itself looks at.</summary>
    NodeSecret,
}

/// <summary>Who may call an endpoint. One that has no rule is refused to all.</summary>
internal sealed record AccessRule(AccessPolicy Policy);
