using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DataLoad.Bench.Cluster;

/// <summary>
/// The bytes that nodes sent each other: what the kernel counted for each socket of a connection to one of their cluster ports (<c>ss -tin</c>,
/// <c>bytes_sent</c>, TCP's headers left out). Both ends of a connection are sockets of this machine, and each byte is counted at the one that sent it.
/// </summary>
internal sealed partial class NodeTraffic
{
    private readonly Dictionary<string, long> _sent;

    private NodeTraffic(Dictionary<string, long> sent) => _sent = sent;

    /// <summary>Reads the counters of connections between nodes.</summary>
    /// <exception cref="InvalidOperationException"><c>ss</c> fails.</exception>
    public static async Task<NodeTraffic> ReadAsync(IEnumerable<NodeProcess> nodes)
    {
        string[] ports = [.. nodes.Select(node => node.ClusterPort.ToString(CultureInfo.InvariantCulture))];
        string filter = string.Join(" or ", ports.Select(port => $"sport = :{port} or dport = :{port}"));
        using Process ss = Process.Start(new ProcessStartInfo("ss", ["-tinHO", "state", "established", $"( {filter} )"]) { RedirectStandardOutput = true })!;
        string[] lines = (await ss.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await ss.WaitForExitAsync();
        if (ss.ExitCode != 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"ss ended with {ss.ExitCode}"));
        }

        var sent = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            // Receive queue, send queue, own address, the other's, then what the kernel counted; a socket that has sent nothing has no bytes_sent.
            string[] fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            sent[$"{fields[2]} {fields[3]}"] =
                BytesSent().Match(line) is { Success: true } match ? long.Parse(match.Groups["bytes"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        }

        return new NodeTraffic(sent);
    }

    /// <summary>The bytes sent since an earlier reading.</summary>
    /// <exception cref="InvalidOperationException">A connection ended meanwhile, and what went over it is not known.</exception>
    public long Since(NodeTraffic earlier) => earlier._sent.Keys.FirstOrDefault(socket => !_sent.ContainsKey(socket)) is { } ended
        ? throw new InvalidOperationException($"the connection {ended} between nodes ended while its bytes were counted")
        : _sent.Sum(socket => socket.Value - earlier._sent.GetValueOrDefault(socket.Key));

    [GeneratedRegex(" bytes_sent:(?<bytes>[0-9]+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BytesSent();
}
