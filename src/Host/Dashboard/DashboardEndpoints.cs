using DataLoad.Host.Access;
using DataLoad.Host.Web;
using Microsoft.Net.Http.Headers;

namespace DataLoad.Host.Dashboard;

/// <summary>Serves the dashboard: one page at every view's path, and the files it names.</summary>
internal static class DashboardEndpoints
{
    // The page changes with the program: browsers ask each time and are told when it is the same.
    private const string AskAgain = "no-cache";

    // A file whose name bears its hash never changes.
    private const string KeepForGood = "public, max-age=31536000, immutable";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    private static readonly string[] Views = ["/", "/topics", "/topic", "/streams", "/nodes", "/dead-letters"];

    /// <summary>Maps the paths. They are open to all: they hold no data, which comes from the API alone.</summary>
    public static void Map(WebApplication app)
    {
        var files = new DashboardFiles();
        RouteGroupBuilder group = app.MapGroup("").WithAccess(AccessPolicy.Open);
        foreach (string view in Views)
        {
            group.MapMethods(view, Methods, context => SendAsync(context, files.Page, AskAgain));
        }

        group.MapMethods("/assets/{name}", Methods, context => files.Asset((string)context.Request.RouteValues["name"]!) is { } file
            ? SendAsync(context, file, KeepForGood)
            : Results.Problem("The dashboard has no such file: load the page again, since the node was upgraded.", statusCode: StatusCodes.Status404NotFound)
                .ExecuteAsync(context));
    }

    private static async Task SendAsync(HttpContext context, DashboardFile file, string caching)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = caching;
        response.Headers.ETag = file.Tag;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => string.Equals(tag.Tag.Value, file.Tag, StringComparison.Ordinal)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        byte[] content = file.Content;
        if (context.Request.GetTypedHeaders()
            .AcceptEncoding.Any(encoding => encoding.Value.Equals("br", StringComparison.OrdinalIgnoreCase) && encoding.Quality is null or > 0))
        {
            content = file.Compressed;
            response.Headers.ContentEncoding = "br";
        }

        response.ContentType = file.ContentType;
        response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(content, context.RequestAborted);
        }
    }
}
