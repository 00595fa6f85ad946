using DataLoad.Host.Access;
using DataLoad.Host.Admin;
using DataLoad.Host.Api;
using DataLoad.Host.Dashboard;
using DataLoad.Host.Settings;
using DataLoad.Host.Web;

namespace DataLoad.Host.Hosting;

/// <summary>Builds the HTTP server.</summary>
internal static class WebHost
{
    private const long MaxRequestBytes = 1024 * 1024;

    /// <summary>All that a node answers.</summary>
    public static void Map(WebApplication app, ApiServices services, PrometheusExposition exposition)
    {
        HealthEndpoints.Map(app, services.Node, services.Store, services.Lookup, services.Settings.MaxLag);
        app.MapGet("/metrics", () => Results.Text(exposition.Write(), PrometheusExposition.ContentType)).For(AccessDoor.Metrics);
        AdminEndpoints.Map(app, services.Node, services.Info);
        ApiEndpoints.Map(app, services);
        DashboardEndpoints.Map(app);
    }

    /// <summary>Makes the server.</summary>
    /// <param name="settings">Where it answers.</param>
    /// <param name="loggers">Makes loggers.</param>
    /// <param name="limits">How often may be called.</param>
    /// <param name="map">Adds the endpoints, each with its rule.</param>
    public static WebApplication Build(HttpSettings settings, ILoggerFactory loggers, RateLimits limits, Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });

        // Settings come from HOCON alone: no appsettings.json and no ASPNETCORE_ variable may move the address.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseUrls([.. settings.Urls]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
        });
        builder.Services.AddRateLimiter(options =>
        {
            options.GlobalLimiter = limits.Calls;
            options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            options.OnRejected = (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                return new ValueTask(Results.Problem("Too many calls came from this address: slow down, or raise dataload.http.rate and burst.", statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(rejected.HttpContext));
            };
        });
        WebApplication app = builder.Build();
        app.UseAccess(new AccessGate(settings, limits));
        map(app);
        return app;
    }
}
