using DataLoad.Host.Access;
using DataLoad.Host.Admin;
using DataLoad.Host.Api;
using DataLoad.Host.Dashboard;

namespace DataLoad.Host.Web;

/// <summary>The HTTP server: where it answers, who gets past its gate, and all that a node answers.</summary>
internal static class WebServer
{
    private const long MaxRequestBytes = 1024 * 1024;

    public static WebApplicationBuilder CreateBuilder(HttpSettings settings)
    {
        // Settings come from HOCON alone: an empty builder reads no appsettings.json and no ASPNETCORE_ variable, and so does not
        // watch each folder below the working directory either, which is the whole disk where a service starts in its root.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { Args = [] });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseUrls([.. settings.Urls]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
        });
        builder.Services.AddSingleton(new RateLimits(settings));
        builder.Services.AddSingleton(provider => new AccessGate(settings, provider.GetRequiredService<RateLimits>()));
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.AddOptions<Microsoft.AspNetCore.RateLimiting.RateLimiterOptions>().Configure<RateLimits>((options, limits) =>
        {
            options.GlobalLimiter = limits.Calls;
            options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            options.OnRejected = (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                return new ValueTask(Results.Problem(
                    "Too many calls came from this address: slow down, or raise dataload.http.rate and burst.",
                    statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(rejected.HttpContext));
            };
        });
        return builder;
    }

    /// <summary>Puts the gate before all endpoints.</summary>
    public static void UseAccess(this WebApplication app)
    {
        AccessGate gate = app.Services.GetRequiredService<AccessGate>();
        app.UseRouting();
        app.Use((context, next) => gate.CheckSourceAsync(context, next));
        app.UseRateLimiter();
        app.Use((context, next) => gate.CheckCallerAsync(context, next));
    }

    /// <summary>Says who may call an endpoint.</summary>
    public static T WithAccess<T>(this T endpoint, AccessPolicy policy)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessRule(policy));

    /// <summary>All that a node answers.</summary>
    public static void MapNode(this WebApplication app)
    {
        ApiServices services = app.Services.GetRequiredService<ApiServices>();
        app.MapHealth();
        app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(new HttpMethodMetadata([HttpMethods.Get])).WithAccess(AccessPolicy.Metrics);
        AdminEndpoints.Map(app, services.Node, services.Info);
        ApiEndpoints.Map(app, services);
        DashboardEndpoints.Map(app);
    }
}
