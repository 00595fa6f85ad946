using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A network of its own for one process (network_namespaces(7)): a link to this one, and links to others, each of whose directions can be cut.
/// It needs the right to change networks.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    // RFC 2544's block for measurements of networks, which is routed nowhere.
    private const string Block = "198.18";

    private static int s_count;

    private readonly EventHandler _endWithTests;

    private NetworkNamespace(string name, int number)
    {
        (Name, Outside, Address) = (name, AddressOf(number, 1), AddressOf(number, 2));

        // Goes with its links.
        _endWithTests = (_, _) => Run($"netns del {name}");
        AppDomain.CurrentDomain.ProcessExit += _endWithTests;
    }

    /// <summary>Its name, for <c>ip netns</c>.</summary>
    public string Name { get; }

    /// <summary>This side's address of the link to it: servers listen there.</summary>
    public IPAddress Outside { get; }

    /// <summary>Its address of that link.</summary>
    public IPAddress Address { get; }

    /// <summary>The operator's token of a node in it, whose API is not on its loopback.</summary>
    public string Token { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>Makes one, or says why this machine does not let it be.</summary>
    public static (NetworkNamespace? Made, string Why) TryMake()
    {
        var number = Interlocked.Increment(ref s_count);
        var name = string.Create(CultureInfo.InvariantCulture, $"dl{Environment.ProcessId}n{number}");
        if (Run($"netns add {name}") is { } why)
        {
            return (null, why);
        }

        var made = new NetworkNamespace(name, number);
        if (Run($"link add {name} type veth peer name outside netns {name}") is { } noLink)
        {
            made._endWithTests(null, EventArgs.Empty);
            return (null, noLink);
        }

        // Who may make links may do the rest.
        Do($"addr add {made.Outside}/30 dev {name}");
        Do($"link set {name} up");
        Do($"-n {name} addr add {made.Address}/30 dev outside");
        Do($"-n {name} link set outside up");
        Do($"-n {name} link set lo up");
        return (made, "");
    }

    /// <summary>Links two.</summary>
    public static Link Join(NetworkNamespace one, NetworkNamespace other)
    {
        var number = Interlocked.Increment(ref s_count);
        var link = new Link((one, AddressOf(number, 1)), (other, AddressOf(number, 2)));
        Do($"-n {one.Name} link add between type veth peer name between netns {other.Name}");
        foreach (var (side, address) in (ReadOnlySpan<(NetworkNamespace, IPAddress)>)[link.One, link.Other])
        {
            Do($"-n {side.Name} addr add {address}/30 dev between");
            Do($"-n {side.Name} link set between up");
        }

        return link;
    }

    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= _endWithTests;
        _endWithTests(null, EventArgs.Empty);
        return ValueTask.CompletedTask;
    }

    private static IPAddress AddressOf(int link, int side)
    {
        // A /30 each: processes that run at once, as tests of two clones do, take different ones, mostly.
        var index = ((Environment.ProcessId % 512) * 32) + (link % 32);
        return IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"{Block}.{index / 64}.{(index % 64 * 4) + side}"));
    }

    private static void Do(string command)
    {
        if (Run(command) is { } why)
        {
            throw new InvalidOperationException(why);
        }
    }

    /// <returns>Null, or what went wrong.</returns>
    private static string? Run(string command)
    {
        try
        {
            using var ip = Process.Start(new ProcessStartInfo("ip", command) { RedirectStandardError = true })!;
            var errors = ip.StandardError.ReadToEnd();
            ip.WaitForExit();
            return ip.ExitCode == 0 ? null : $"'ip {command}' ended with {ip.ExitCode}: {errors.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return $"'ip' (iproute2) cannot be started: {missing.Message}";
        }
    }

    /// <summary>A link of two namespaces, with the address of each.</summary>
    internal sealed record Link((NetworkNamespace Network, IPAddress Address) One, (NetworkNamespace Network, IPAddress Address) Other)
    {
        // Nobody's: what is sent to it is lost without a word.
        private const string Nobody = "02:00:00:00:00:01";

        /// <summary>Has all be lost that the first sends the other.</summary>
        public void CutFromOne() => Cut(One.Network, Other.Address);

        /// <summary>Has all be lost that the other sends the first.</summary>
        public void CutFromOther() => Cut(Other.Network, One.Address);

        /// <summary>Lets both hear each other again.</summary>
        public void Heal()
        {
            Do($"-n {One.Network.Name} neigh flush to {Other.Address} nud permanent");
            Do($"-n {Other.Network.Name} neigh flush to {One.Address} nud permanent");
        }

        private static void Cut(NetworkNamespace network, IPAddress to) => Do($"-n {network.Name} neigh replace {to} lladdr {Nobody} dev between nud permanent");
    }
}
