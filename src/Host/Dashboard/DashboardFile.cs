using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace DataLoad.Host.Dashboard;

/// <summary>A file of the dashboard, as it is sent.</summary>
internal sealed class DashboardFile
{
    private readonly Lazy<byte[]> _compressed;

    public DashboardFile(string name, byte[] content)
    {
        Content = content;
        ContentType = TypeOf(name);
        Tag = string.Create(CultureInfo.InvariantCulture, $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16))}\"");
        _compressed = new Lazy<byte[]>(() => Compress(content));
    }

    /// <summary>The bytes.</summary>
    public byte[] Content { get; }

    /// <summary>The bytes in Brotli's form; made at the first call, which takes a moment.</summary>
    public byte[] Compressed => _compressed.Value;

    /// <summary>The media type.</summary>
    public string ContentType { get; }

    /// <summary>The entity tag: what the content hashes to.</summary>
    public string Tag { get; }

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
