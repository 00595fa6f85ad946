using System.Collections.Concurrent;
using System.Text;

namespace DataLoad.Streams.Amqp.Tests.Support;

/// <summary>A broker behind the port of connections: it does what a test says.</summary>
internal sealed class FakeConnector : IAmqpConnector
{
    private readonly BlockingCollection<FakeConnection> _connections = [];

    /// <summary>The hosts that cannot be reached.</summary>
    public HashSet<string> Down { get; } = [];

    /// <summary>Faults of the program that the next attempts to connect meet.</summary>
    public ConcurrentQueue<Exception> Faults { get; } = new();

    /// <summary>Each attempt to connect.</summary>
    public ConcurrentQueue<string> Dialled { get; } = new();

    public Task<IAmqpConnection> ConnectAsync(AmqpEndpoint endpoint, AmqpConnectionRole role, CancellationToken cancellationToken)
    {
        Dialled.Enqueue(endpoint.Host);
        if (Down.Contains(endpoint.Host))
        {
            return Task.FromException<IAmqpConnection>(new AmqpException($"{endpoint} is down."));
        }

        if (Faults.TryDequeue(out Exception? fault))
        {
            return Task.FromException<IAmqpConnection>(fault);
        }

        var connection = new FakeConnection(endpoint.Host);
        _connections.Add(connection, cancellationToken);
        return Task.FromResult<IAmqpConnection>(connection);
    }

    public Task<FakeConnection> NextAsync() => Fake.TakeAsync(_connections);
}

internal static class Fake
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task<T> TakeAsync<T>(BlockingCollection<T> queue) => Task.Run(() =>
        queue.TryTake(out T? item, Patience) ? item : throw new TimeoutException($"no {typeof(T).Name} came"));
}

internal sealed class FakeConnection(string host) : IAmqpConnection
{
    private readonly TaskCompletionSource<AmqpEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BlockingCollection<FakeChannel> _channels = [];
    private readonly List<FakeChannel> _open = [];

    public string Host => host;

    public Task<AmqpEnd> Ended => _ended.Task;

    public int MaxFrameBytes => 4096;

    public string? Blocked { get; set; }

    public Task<IAmqpChannel> OpenChannelAsync(CancellationToken cancellationToken)
    {
        var channel = new FakeChannel();
        lock (_open)
        {
            _open.Add(channel);
        }

        _channels.Add(channel, cancellationToken);
        return Task.FromResult<IAmqpChannel>(channel);
    }

    public Task<FakeChannel> NextAsync() => Fake.TakeAsync(_channels);

    public void Lose(string reason = "the socket was lost", int code = 0)
    {
        var end = new AmqpEnd(code, reason, OfConnection: true);
        _ended.TrySetResult(end);
        lock (_open)
        {
            _open.ForEach(channel => channel.End(end));
        }
    }

    public ValueTask DisposeAsync()
    {
        Lose("closed");
        return ValueTask.CompletedTask;
    }
}

internal sealed class FakeChannel : IAmqpChannel
{
    private readonly TaskCompletionSource<AmqpEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _consuming = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BlockingCollection<(AmqpMessage Message, ulong Number)> _published = [];
    private DeliveryRing? _ring;
    private ulong _number;

    public Task<AmqpEnd> Ended => _ended.Task;

    public int Prefetch { get; private set; }

    public ConcurrentQueue<ulong> Acknowledged { get; } = new();

    public bool IsCancelled { get; private set; }

    public bool IsDisposed { get; private set; }

    public IPublishConfirms? Confirms { get; private set; }

    public Task Consuming => _consuming.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public DeliveryRing Ring => _ring!;

    public Task ConsumeAsync(string queue, int prefetch, bool isExclusive, DeliveryRing ring, CancellationToken cancellationToken)
    {
        Prefetch = prefetch;
        _ring = ring;
        _consuming.SetResult();
        return Task.CompletedTask;
    }

    /// <summary>Delivers messages with these bodies, together.</summary>
    public void Deliver(params string[] bodies)
    {
        foreach (string body in bodies)
        {
            Ring.Write(redelivered: false, "ex"u8, "key"u8, default, Encoding.UTF8.GetBytes(body));
        }

        Ring.Announce();
    }

    public Task AcknowledgeAsync(ulong tag, bool multiple)
    {
        Acknowledged.Enqueue(tag);
        return Task.CompletedTask;
    }

    public Task CancelAsync()
    {
        IsCancelled = true;
        return Task.CompletedTask;
    }

    public Task ConfirmAsync(IPublishConfirms confirms, CancellationToken cancellationToken)
    {
        Confirms = confirms;
        return Task.CompletedTask;
    }

    public Task PublishAsync(in AmqpMessage message, bool mandatory)
    {
        _published.Add((message, ++_number));
        return Task.CompletedTask;
    }

    public Task<(AmqpMessage Message, ulong Number)> PublishedAsync() => Fake.TakeAsync(_published);

    public int Published => (int)_number;

    /// <summary>Gives a message back as a broker does.</summary>
    public void Return(AmqpMessage message, AmqpProperties? properties = null)
    {
        var returned = new Delivery();
        returned.Start(0, redelivered: false, message.Exchange.Span, message.RoutingKey.Span);
        returned.SetProperties((properties ?? message.Properties).Bytes.Span);
        returned.Append(message.Body.Span, message.Body.Length);
        Confirms!.Returned(312, "NO_ROUTE", returned);
    }

    public Task DeclareAsync(AmqpExchange exchange, bool passive, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<AmqpQueueState> DeclareAsync(AmqpQueue queue, bool passive, CancellationToken cancellationToken) => Task.FromResult(default(AmqpQueueState));

    public Task BindAsync(AmqpBinding binding, CancellationToken cancellationToken) => Task.CompletedTask;

    public void Close(int code, string reason) => End(new AmqpEnd(code, reason, OfConnection: false));

    public void End(AmqpEnd end) => _ended.TrySetResult(end);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        End(new AmqpEnd(0, "closed", OfConnection: false));
        return ValueTask.CompletedTask;
    }
}
