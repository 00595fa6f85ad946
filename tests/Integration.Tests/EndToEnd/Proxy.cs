using System.Net;
using System.Net.Sockets;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>
/// Stands between a host and a server and passes on what they say, until it is silent: then all stays connected and
/// nobody hears an answer, as with a server that hangs.
/// </summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Socket> _sockets = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private volatile bool _silent;

    /// <summary>Starts a proxy before a server.</summary>
    public Proxy(string host, int port)
    {
        _host = host;
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, on the loopback.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Passes nothing on any more.</summary>
    public void FallSilent() => _silent = true;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sockets.ForEach(socket => socket.Dispose());
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync(_ending.Token);
            _sockets.Add(client);
            if (_silent)
            {
                continue;
            }

            var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(server);
            await server.ConnectAsync(_host, _port, _ending.Token);
            _ = PassAsync(client, server);
            _ = PassAsync(server, client);
        }
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is var count and > 0)
            {
                if (!_silent)
                {
                    await to.SendAsync(buffer.AsMemory(0, count), _ending.Token);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, or the test is over: the other one sees its connection end.
            to.Dispose();
        }
    }
}
