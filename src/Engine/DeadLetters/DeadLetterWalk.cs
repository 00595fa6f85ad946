using System.Globalization;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Goes through the queue of dead letters once, a page at a time, each page by a consumer of its own whose prefetch is the page. What was looked at
/// stays unacknowledged on its channel, so that the next page is the next messages. What is not acknowledged goes back to its place in the end.</summary>
internal sealed class DeadLetterWalk(IConnection connection, DeadLetterSettings settings, TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    // To acknowledge a message the broker searches all that its channel holds from the oldest on: a channel that held a
    // hundred thousand would take minutes for some ten thousand of them. So many are held by one, or, where there would be
    // too many channels (a broker allows 2047 to a connection), as many as a share of them.
    private const long HeldByChannel = 1000;
    private const long MostChannels = 1000;

    private readonly List<IChannel> _channels = [];
    private long _taken;

    /// <summary>How many there were at the start, which is how many are looked at at the most.</summary>
    public long Total { get; private set; }

    /// <summary>How many were looked at.</summary>
    public long Seen { get; private set; }

    /// <summary>Takes one of a page's letters out of the queue for good.</summary>
    public async ValueTask AcknowledgeAsync(IChannel channel, ulong tag, CancellationToken cancellationToken)
    {
        await channel.BasicAckAsync(tag, multiple: false, cancellationToken);
        _taken++;
    }

    /// <summary>Goes through the queue, and takes none whole.</summary>
    /// <exception cref="DeadLetterException">Another consumer has the queue, or the channel was lost.</exception>
    public Task VisitAsync(Action<DeadLetterSummary> visit, CancellationToken cancellationToken) => RunAsync(
        letter =>
        {
            visit(letter);
            return false;
        },
        (_, _) => Task.FromResult(true),
        cancellationToken);

    /// <summary>Goes through the queue.</summary>
    /// <param name="wants">Asked of each whether it is wanted whole.</param>
    /// <param name="take">Given what a page has of those, and the channel to acknowledge on; says whether to go on.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="DeadLetterException">Another consumer has the queue, or the channel was lost.</exception>
    public async Task RunAsync(
        Func<DeadLetterSummary, bool> wants,
        Func<IReadOnlyList<(ulong Tag, DeadLetterContent Letter)>, IChannel, Task<bool>> take,
        CancellationToken cancellationToken)
    {
        try
        {
            IChannel channel = await OpenAsync(cancellationToken);
            Total = await channel.MessageCountAsync(Letter.Exchange, cancellationToken);
            long most = Math.Min(Total, settings.MaxListed);
            long room = Math.Max(HeldByChannel, most / MostChannels);
            long held = 0;
            bool goOn = true;
            while (goOn && Seen < most)
            {
                if (held >= room)
                {
                    channel = await OpenAsync(cancellationToken);
                    held = 0;
                }

                DeadLetterPage page = await TakePageAsync(channel, (int)Math.Min(settings.Page, most - Seen), wants, cancellationToken);
                if (page.Received == 0)
                {
                    break;
                }

                Seen += page.Received;
                held += page.Received;
                goOn = page.Wanted.Count == 0 || await take(page.Wanted, channel);
            }

            foreach (IChannel used in _channels)
            {
                // Tag 0 stands for all that are unacknowledged.
                await used.BasicNackAsync(0, multiple: true, requeue: true, cancellationToken);
                await used.CloseAsync(cancellationToken);
            }

            await WaitUntilBackAsync(cancellationToken);
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            // No queue yet: nothing was ever dead-lettered.
            Total = Seen;
        }
        catch (OperationInterruptedException e)
        {
            string reason = e.ShutdownReason?.ReplyText ?? e.Message;
            throw new DeadLetterException(
                $"The dead letters cannot be looked at: {reason}. Another consumer may have the queue '{Letter.Exchange}'; try again when it is gone.", e);
        }
        finally
        {
            foreach (IChannel used in _channels)
            {
                await used.DisposeAsync();
            }
        }
    }

    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>The broker gives a page after the other back to the queue in its own time, and the next walk would miss those that are not there yet.
    /// Somebody else may take some meanwhile, so it is not waited for long.</summary>
    private async Task WaitUntilBackAsync(CancellationToken cancellationToken)
    {
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        long start = time.GetTimestamp();
        while (await channel.MessageCountAsync(Letter.Exchange, cancellationToken) < Total - _taken && time.GetElapsedTime(start) < settings.Patience)
        {
            await Task.Delay(Step, time, cancellationToken);
        }
    }

    private async Task<DeadLetterPage> TakePageAsync(IChannel channel, int expected, Func<DeadLetterSummary, bool> wants, CancellationToken cancellationToken)
    {
        var page = new DeadLetterPage(channel, expected, wants);
        await channel.BasicQosAsync(0, (ushort)expected, global: false, cancellationToken);

        // Exclusive, so that no other walk, of another node, takes half of the queue away meanwhile.
        string tag = await channel.BasicConsumeAsync(
            Letter.Exchange, autoAck: false, "", noLocal: false, exclusive: true, arguments: null, page, cancellationToken);
        while (!page.IsFull && page.Fault is null)
        {
            using var timer = new CancellationTokenSource(Quiet, time);
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
            try
            {
                await page.MovedAsync(quiet.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Fewer are left than were counted: somebody took them, or their time to live ended.
                break;
            }
        }

        if (page.Fault is { } fault)
        {
            throw fault as DeadLetterException ?? new DeadLetterException($"A dead letter cannot be read: {fault.Message}", fault);
        }

        await channel.BasicCancelAsync(tag, cancellationToken: cancellationToken);
        return page;
    }
}

/// <summary>Takes one page of the queue: reads each message while the client hands it over, and keeps only what is wanted whole.</summary>
internal sealed class DeadLetterPage(IChannel channel, int expected, Func<DeadLetterSummary, bool> wants) : AsyncDefaultBasicConsumer(channel)
{
    // Quorum queues count deliveries and drop a message after a number of them, which every look would bring nearer.
    private const string DeliveryCount = "x-delivery-count";
    private const long MostDeliveries = 10;

    private readonly List<(ulong Tag, DeadLetterContent Letter)> _wanted = [];
    private readonly Channel<bool> _moved =
        System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile int _received;
    private volatile Exception? _fault;

    /// <summary>Waits until a message was taken, or there will be no more.</summary>
    public async ValueTask MovedAsync(CancellationToken cancellationToken) => await _moved.Reader.ReadAsync(cancellationToken);

    public int Received => _received;
    public bool IsFull => _received >= expected;
    public Exception? Fault => _fault;

    /// <summary>Those that are wanted; to be read when the page has ended.</summary>
    public IReadOnlyList<(ulong Tag, DeadLetterContent Letter)> Wanted => _wanted;

    public override Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        try
        {
            if (properties.Headers?.TryGetValue(DeliveryCount, out object? count) == true
                && Convert.ToInt64(count, CultureInfo.InvariantCulture) >= MostDeliveries)
            {
                throw new DeadLetterException($"The queue of dead letters is a quorum queue that counts looks as deliveries ({count} so far) "
                    + "and may drop what was delivered too often: let it be a classic queue.");
            }

            DeadLetterSummary summary = DeadLetterReader.Read(properties, body.Span);
            if (wants(summary))
            {
                _wanted.Add((deliveryTag, new DeadLetterContent(summary, new BasicProperties(properties), body.ToArray())));
            }
        }
        catch (Exception e)
        {
            // Otherwise the client would pass over it, and the walk would take the message for looked at.
            _fault = e;
        }

        _received++;
        _moved.Writer.TryWrite(true);
        return Task.CompletedTask;
    }

    public override Task HandleChannelShutdownAsync(object channel, RabbitMQ.Client.Events.ShutdownEventArgs reason)
    {
        _fault ??= new DeadLetterException($"The broker closed the channel: {reason.ReplyText}. Nothing is lost; try again.");
        _moved.Writer.TryWrite(true);
        return Task.CompletedTask;
    }
}
