using System.Collections.Frozen;
using System.Reflection;

namespace DataLoad.Host.Dashboard;

/// <summary>The dashboard that was bundled into this program when it was built.</summary>
internal sealed class DashboardFiles
{
    private const string Prefix = "dashboard/";
    private const string PageName = "index.html";
    private const string MissingName = "missing.html";

    private readonly FrozenDictionary<string, DashboardFile> _files;

    public DashboardFiles()
        : this(typeof(DashboardFiles).Assembly)
    {
    }

    private DashboardFiles(Assembly assembly)
    {
        _files = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..], name => Read(assembly, name), StringComparer.Ordinal);
    }

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

    private static DashboardFile Read(Assembly assembly, string resource)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new DashboardFile(resource, content);
    }
}
