using DataLoad.Host.Settings;

namespace DataLoad.Host.Hosting;

/// <summary>Builds the HTTP server.</summary>
internal static class WebHost
{
    private const long MaxRequestBytes = 1024 * 1024;

    public static WebApplication Build(HostSettings settings, ILoggerFactory loggers, Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });

        // Settings come from HOCON alone: no appsettings.json and no ASPNETCORE_ variable may move the address.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseUrls([.. settings.HttpUrls]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
        });
        WebApplication app = builder.Build();
        map(app);
        return app;
    }
}
