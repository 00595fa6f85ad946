using System.Net;
using System.Net.Sockets;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>
/// Stands between a host and a server and passes on what they say, until it is silent: then all stays connected and
/// nobody hears an answer, as with a server that hangs. It may also lose all from a certain frame on, of one connection.
/// </summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Socket> _sockets = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _speaker = [];
    private byte[] _frame = [];
    private volatile bool _silent;

    /// <summary>Starts a proxy before a server.</summary>
    /// <param name="host">The server's.</param>
    /// <param name="port">The server's.</param>
    /// <param name="address">Where it listens; null for the loopback.</param>
    public Proxy(string host, int port, IPAddress? address = null)
    {
        _listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        _host = host;
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Passes nothing on any more.</summary>
    public void FallSilent() => _silent = true;

    /// <summary>
    /// From the moment that a client who gave this name sends a frame with these bytes, the server hears no more of that
    /// connection: the frame is the first that is lost. <see cref="Held"/> says that it has come to that.
    /// </summary>
    public void HoldBackFrom(string speaker, byte[] frame)
    {
        _speaker = System.Text.Encoding.ASCII.GetBytes(speaker);
        _frame = frame;
    }

    /// <summary>Done when a connection was held back.</summary>
    public Task Held => _held.Task;

    /// <summary>Passes on again what is said over new connections; those before end, since what they lost does not come again.</summary>
    public void SpeakAgain()
    {
        _silent = false;
        Socket[] before;
        lock (_sockets)
        {
            before = [.. _sockets];
            _sockets.Clear();
        }

        foreach (var socket in before)
        {
            socket.Dispose();
        }
    }

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
            Keep(client);
            if (_silent)
            {
                continue;
            }

            var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
            Keep(server);
            try
            {
                await server.ConnectAsync(_host, _port, _ending.Token);
            }
            catch (SocketException)
            {
                // Nobody is there, which the client is to hear.
                client.Dispose();
                continue;
            }

            _ = PassAsync(client, server, isClient: true);
            _ = PassAsync(server, client, isClient: false);
        }
    }

    private void Keep(Socket socket)
    {
        lock (_sockets)
        {
            _sockets.Add(socket);
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool isClient)
    {
        var buffer = new byte[16 * 1024];
        var (isSpeaker, isHeld) = (false, false);
        var before = Array.Empty<byte>();
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is var count and > 0)
            {
                if (isClient && _frame.Length > 0)
                {
                    // What is looked for may lie across two reads; a part that went out already is no whole frame.
                    byte[] said = [.. before, .. buffer.AsSpan(0, count)];
                    isSpeaker |= said.AsSpan().IndexOf(_speaker) >= 0;
                    if (isSpeaker && !isHeld && said.AsSpan().IndexOf(_frame) >= 0)
                    {
                        isHeld = true;
                        _held.TrySetResult();
                    }

                    before = said[Math.Max(0, said.Length - Math.Max(_speaker.Length, _frame.Length))..];
                }

                if (!_silent && !isHeld)
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
