using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DataLoad.Engine.Nodes;

namespace DataLoad.Host.Api;

/// <summary>Watches on all other nodes what a caller watches here: only theirs, so that nobody is asked in circles. A node that comes is watched, too, and one
/// that goes is no loss to the others.</summary>
/// <remarks>Where the caller falls behind, events are dropped and counted.</remarks>
internal sealed class PeerEvents : IAsyncDisposable
{
    /// <summary>The parameter by which a node is asked for what is its own alone.</summary>
    public const string LocalParameter = "local";

    /// <summary>How many other nodes one caller watches at the most.</summary>
    public const int MaxPeers = 64;

    /// <summary>The name of an event that says that a node is not heard any more; it has no data.</summary>
    public const string Gone = "gone";

    /// <summary>The name of an event that says why a node cannot be heard, in a sentence.</summary>
    public const string Away = "away";

    /// <summary>The name of an event that says that a node is not listed any more; it has no data.</summary>
    public const string Left = "left";

    private const int MaxEventBytes = 256 * 1024;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly ApiServices _services;
    private readonly HttpContext _context;
    private readonly string _path;
    private readonly Channel<PeerEvent> _channel;
    private readonly Dictionary<string, string> _away = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending;
    private readonly Task _running;
    private long _dropped;

    /// <param name="services">Knows the nodes, and asks them.</param>
    /// <param name="context">Whose request it is; the others are asked the same, with the same token.</param>
    /// <param name="capacity">How many events may wait for the caller.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public PeerEvents(ApiServices services, HttpContext context, int capacity, CancellationToken cancellationToken)
    {
        (_services, _context) = (services, context);
        _path = context.Request.Path.ToUriComponent() + QueryString
            .Create(context.Request.Query.Where(parameter => !string.Equals(parameter.Key, LocalParameter, StringComparison.OrdinalIgnoreCase)))
            .Add(LocalParameter, "true").ToUriComponent();
        _channel = Channel.CreateBounded<PeerEvent>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _running = RunAsync(_ending.Token);
    }

    /// <summary>What the other nodes tell.</summary>
    public ChannelReader<PeerEvent> Events => _channel.Reader;

    /// <summary>How many events were dropped since it was last asked.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var watched = new Dictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                (IReadOnlyList<NodePresence> listed, string? error) = await _services.Nodes.TryListAsync(cancellationToken);
                if (error is null)
                {
                    LetGo(watched, listed);
                }

                foreach (NodePresence node in listed)
                {
                    bool isWatched = watched.TryGetValue(node.Node.Id, out Task? watching) && !watching.IsCompleted;
                    if (!isWatched && !_services.Nodes.IsSelf(node.Node.Id) && watched.Count(other => !other.Value.IsCompleted) < MaxPeers)
                    {
                        watched[node.Node.Id] = WatchAsync(node, cancellationToken);
                    }
                }

                await Task.Delay(LookInterval, _services.Time, cancellationToken);
            }
        }
        finally
        {
            await Task.WhenAll(watched.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A node that has ended, and is neither heard nor listed any more, is away no more.</summary>
    private void LetGo(Dictionary<string, Task> watched, IReadOnlyList<NodePresence> listed)
    {
        foreach (string node in watched.Where(one => one.Value.IsCompleted).Select(one => one.Key).Except(listed.Select(one => one.Node.Id), StringComparer.Ordinal))
        {
            watched.Remove(node);
            lock (_away)
            {
                _away.Remove(node);
            }

            Take(new PeerEvent(node, Left, []));
        }
    }

    private async Task WatchAsync(NodePresence node, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await _services.Relay.OpenAsync(_context, node, _path, cancellationToken);
            await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            SayAway(node, why: null);
            await foreach ((string name, byte[] data) in ReadAsync(stream, cancellationToken))
            {
                Take(new PeerEvent(node.Node.Id, name, data));
            }
        }
        catch (ApiProblem problem)
        {
            SayAway(node, problem.Message);
        }

        Take(new PeerEvent(node.Node.Id, Gone, []));
    }

    /// <summary>Says why a node cannot be heard, once until it is heard again.</summary>
    private void SayAway(NodePresence node, string? why)
    {
        lock (_away)
        {
            string? before = _away.GetValueOrDefault(node.Node.Id);
            if (why is null)
            {
                _away.Remove(node.Node.Id);
            }
            else if (before is null)
            {
                _away[node.Node.Id] = why;
                Take(new PeerEvent(node.Node.Id, Away, Encoding.UTF8.GetBytes(why)));
            }
        }
    }

    private void Take(PeerEvent one)
    {
        if (!_channel.Writer.TryWrite(one))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Reads events as <see cref="EventStream"/> writes them; ends where one is larger than any of those can be.</summary>
    internal static async IAsyncEnumerable<(string Name, byte[] Data)> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxEventBytes];
        int filled = 0;
        int count;
        while ((count = await NodeRelay.ReadSomeAsync(stream, buffer.AsMemory(filled), cancellationToken)) > 0)
        {
            filled += count;
            int start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf("\n\n"u8)) >= 0)
            {
                if (Parse(buffer.AsSpan(start, length)) is { } one)
                {
                    yield return one;
                }

                start += length + 2;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }
    }

    private static (string Name, byte[] Data)? Parse(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> prefix = "event: "u8;
        ReadOnlySpan<byte> data = "\ndata: "u8;
        int end = text.IndexOf(data);
        return text.StartsWith(prefix) && end >= 0
            ? (Encoding.UTF8.GetString(text[prefix.Length..end]), text[(end + data.Length)..].ToArray())
            : null;
    }
}

/// <summary>One of another node's server-sent events.</summary>
internal readonly record struct PeerEvent(string Node, string Name, byte[] Data);
