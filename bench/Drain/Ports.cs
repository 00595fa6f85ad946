using System.Net;
using System.Net.Sockets;

namespace DataLoad.Bench.Drain;

/// <summary>Ports of the loopback address.</summary>
internal static class Ports
{
    /// <summary>A port on which nobody listened just now.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
