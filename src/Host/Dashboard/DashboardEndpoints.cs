using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
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

    private static readonly string[] Views =
    [
        "/", "/topics", "/topic", "/led-to", "/retention", "/funnel", "/trace", "/tail", "/streams", "/cluster", "/nodes", "/dead-letters", "/settings", "/audit",
    ];

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

/// <summary>The dashboard that was bundled into this program when it was built.</summary>
internal sealed class DashboardFiles
{
    private static readonly Assembly Bundle = typeof(DashboardFiles).Assembly;

    private const string Prefix = "dashboard/";
    private const string PageName = "index.html";
    private const string MissingName = "missing.html";

    private readonly FrozenDictionary<string, DashboardFile> _files = Bundle.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], Read, StringComparer.Ordinal);

    /// <summary>Whether there is a dashboard: the build may have had no npm.</summary>
    public bool IsBuilt => _files.ContainsKey(PageName);

    /// <summary>The page of all views; one that says how to build it where it is not built.</summary>
    public DashboardFile Page => _files.TryGetValue(PageName, out DashboardFile? page) ? page : Missing;

    private static DashboardFile Missing { get; } = new(MissingName, """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>DataLoad</title></head>
        <body>
        <h1>DataLoad runs, but its dashboard was not built</h1>
        <p>The program was built on a machine without npm. Install Node.js 18 or later with npm
        (Debian: <code>apt-get install nodejs npm</code>), then build again:
        <code>dotnet publish src/Host -c Release -o dist</code>.</p>
        <p>Meanwhile: <a href="/health/ready">health</a>, <a href="/metrics">metrics</a>, and <code>dataload --help</code>.</p>
        </body>
        </html>

        """u8.ToArray());

    /// <summary>A file that bears a hash in its name, or null.</summary>
    public DashboardFile? Asset(string name) => _files.GetValueOrDefault($"assets/{name}");

    private static DashboardFile Read(string resource)
    {
        using Stream stream = Bundle.GetManifestResourceStream(resource)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new DashboardFile(resource, content);
    }
}

/// <summary>A file of the dashboard, as it is sent.</summary>
internal sealed class DashboardFile(string name, byte[] content)
{
    private readonly Lazy<byte[]> _compressed = new(() => Compress(content));

    public byte[] Content { get; } = content;

    /// <summary>The content in Brotli's form; made at the first call, which takes a moment.</summary>
    public byte[] Compressed => _compressed.Value;

    public string ContentType { get; } = TypeOf(name);

    /// <summary>The entity tag: what the content hashes to.</summary>
    public string Tag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16))}\"";

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };

    private static byte[] Compress(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Optimal))
        {
            brotli.Write(content);
        }

        return compressed.ToArray();
    }
}
